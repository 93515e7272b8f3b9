"""All that every event waits for, as edges: what the forward pass needs, and the search for cycles.

An end of a child is not the only thing that the next event waited for: it waited for all that ended
before it too. "All up to here" is a node of its own, so that the edges stay as many as the events; where
the last one to end had itself waited for all before it, it stands for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Bools, Ints, running_last
from agenttrace.critical_path.blocks import ASKS, COMPLETES, JOINED, PLACE, Blocks
from agenttrace.critical_path.dependencies import Dependencies
from agenttrace.critical_path.forest import Forest
from agenttrace.critical_path.nodes import CHILD_ENDED, CHILD_STARTS, Nodes


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """Edges from `source` to `target`. Nodes from `len(nodes)` on mean "all up to here"; `size` counts all.

    `link`: the dependency that an edge is, NONE for parentage and what time says. `gathered`: the events, as
    rows of the blocks, up to which the nodes that mean so reach. `delayed`: spans that may begin later than all that
    they recorded tells, for they wait for a slot too; what else they wait for, and the gap after it, leads to a node
    of each, the last nodes of all, from which their start follows without a gap.
    """

    source: Ints
    target: Ints
    link: Ints
    size: int
    gathered: Ints
    delayed: Ints


def weave(forest: Forest, nodes: Nodes, blocks: Blocks, dependencies: Dependencies) -> Network:
    """The edges of a chunk."""
    replaced = dependencies.replaced(nodes.n)
    stands_for, gathered = _stand_ins(nodes, blocks, dependencies, replaced)
    asks = blocks.rows(ASKS)
    asking = blocks.node[asks]
    source = stands_for[blocks.before[asks]]
    starts = (blocks.what[asks] & PLACE) == CHILD_STARTS
    starts[starts] = replaced[asking[starts]]
    source[starts] = forest.parent[asking[starts]]
    inside, before_inside = blocks.chains
    made = stands_for[gathered]
    sources = (
        source,
        before_inside,
        dependencies.node,
        blocks.node[gathered],
        stands_for[blocks.before[gathered]],
    )
    targets = (asking, inside, dependencies.target, made, made)
    link = np.full(sum(map(len, sources)), NONE, np.int64)
    first = len(source) + len(before_inside)
    link[first : first + len(dependencies)] = np.arange(len(dependencies))
    return Network(
        np.concatenate(sources),
        np.concatenate(targets),
        link,
        len(nodes) + len(gathered),
        gathered,
        np.zeros(0, np.int64),
    )


def _stand_ins(
    nodes: Nodes, blocks: Blocks, dependencies: Dependencies, replaced: Bools
) -> tuple[Ints, Ints]:
    """For each completion the node that stands for it and all before it; and the rows that need one made."""
    completes = (blocks.what & COMPLETES) != 0
    ended = blocks.rows(COMPLETES, CHILD_ENDED)
    child = nodes.span[blocks.node[ended]]
    previous = blocks.before[ended]
    asked = np.full(nodes.n, NONE, np.int64)
    starts = blocks.rows(ASKS, CHILD_STARTS)
    asked[blocks.node[starts]] = blocks.before[starts]
    own_block = (blocks.what[ended] & JOINED) == 0
    waited_for_all = own_block & ~replaced[child] & (asked[child] == previous)
    waited_for_last = _waited_for(nodes.n, child, blocks.node[previous], own_block, dependencies)
    settled = completes.copy()
    settled[ended] = waited_for_all | ~waited_for_last
    stands = completes.copy()
    stands[ended[~waited_for_all]] = False
    last_settled = running_last(settled)
    stands[ended[waited_for_last]] = stands[last_settled[ended[waited_for_last]]]
    gathered = np.flatnonzero(completes & ~stands)
    stands_for = blocks.node.copy()
    stands_for[gathered] = len(nodes) + np.arange(len(gathered))
    return stands_for, gathered


def _waited_for(n: int, child: Ints, event: Ints, own_block: Bools, dependencies: Dependencies) -> Bools:
    """Whether each child has a dependency on the event beside it; `own_block`: which rows are of its parent's."""
    found = np.zeros(len(child), np.bool_)
    for rows in (own_block, ~own_block):
        wanted = np.full(n, NONE, np.int64)
        wanted[child[rows]] = event[rows]
        waits = np.zeros(n, np.bool_)
        waits[dependencies.target[dependencies.node == wanted[dependencies.target]]] = True
        found[rows] = waits[child[rows]]
    return found
