"""A chunk of sessions as one graph of events, built once and frozen: everything else is a question to it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Ints, keep_freed_memory
from agenttrace.critical_path.blocks import Blocks, sort_blocks
from agenttrace.critical_path.cycles import break_cycles
from agenttrace.critical_path.dependencies import Dependencies
from agenttrace.critical_path.forest import Forest, plant
from agenttrace.critical_path.instants import Instants, find_instants
from agenttrace.critical_path.links import read_links
from agenttrace.critical_path.nodes import Nodes, make_nodes
from agenttrace.critical_path.predecessors import Predecessors, find_predecessors, with_gates
from agenttrace.critical_path.spans import SpanArrays, span_arrays
from agenttrace.critical_path.substance import Substance
from agenttrace.model.trace import Trace


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Everything that is known of a chunk. `found`: the rows (of spans) of each finding."""

    spans: SpanArrays
    forest: Forest
    instants: Instants
    nodes: Nodes
    blocks: Blocks
    dependencies: Dependencies
    predecessors: Predecessors
    found: dict[str, Ints]

    @property
    def gaps(self) -> Ints:
        """Of every node the time since the last of its predecessors; of a session's start, the instant."""
        before = self.predecessors.node
        gap = self.nodes.t - self.nodes.t[before]
        first = before == NONE
        gap[first] = self.nodes.t[first]
        return gap


def build_graph(chunk: Trace) -> Graph:
    """The graph of a chunk of complete sessions."""
    keep_freed_memory()
    spans = span_arrays(chunk)
    forest = plant(spans)
    instants = find_instants(spans, forest)
    first_mark = 2 * len(spans) + int(np.count_nonzero(instants.given))
    dependencies, marks, dropped = read_links(chunk, spans, forest, first_mark)
    nodes = make_nodes(spans, forest, instants, marks)
    substance = Substance(chunk, spans, forest, instants.whole, nodes, dependencies)
    blocks = sort_blocks(spans, forest, nodes, substance)
    dependencies, tangled = break_cycles(spans, forest, nodes, blocks, dependencies)
    dependencies = with_gates(dependencies, spans, blocks)
    found = {**forest.repaired, "phases_clamped": instants.clamped, **dropped, "link_cycle": tangled}
    return Graph(
        spans=spans,
        forest=forest,
        instants=instants,
        nodes=nodes,
        blocks=blocks,
        dependencies=dependencies,
        predecessors=find_predecessors(forest, nodes, blocks, dependencies, substance),
        found={code: rows for code, rows in found.items() if len(rows)},
    )
