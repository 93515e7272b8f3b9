"""What each event waited for longest: time's answer, and where the trace states more, the trace's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import Bools, Codes, Ints, run_starts, running_last
from agenttrace.critical_path.blocks import ASKS, COMPLETES, JOINED, PLACE, Blocks, predecessors
from agenttrace.critical_path.dependencies import Dependencies
from agenttrace.critical_path.forest import Forest
from agenttrace.critical_path.nodes import CHILD_ENDED, CHILD_STARTS, OPENED, Nodes
from agenttrace.critical_path.spans import EVIDENCE, PHASE, PURPOSE, SpanArrays
from agenttrace.critical_path.substance import Substance
from agenttrace.model.vocabulary import Phase, Purpose, SpanKind

TREE, INFERRED, EXPLICIT = range(3)


@dataclass(frozen=True, slots=True, eq=False)
class Predecessors:
    """Of every node: the one that it waited for longest, how that is known, and whether it was backoff.

    `node` is NONE for the start of a session; `known` is TREE, INFERRED or EXPLICIT.
    """

    node: Ints
    known: Codes
    backoff: Bools


def with_gates(dependencies: Dependencies, spans: SpanArrays, blocks: Blocks) -> Dependencies:
    """Waiting for a person and a compaction hold up their lane, whatever else is stated to be waited for."""
    gate = spans.is_kind(SpanKind.USER_WAIT, SpanKind.COMPACTION)
    gate |= spans.purpose == PURPOSE[Purpose.COMPACTION]
    for phase in (Phase.USER, Phase.SUSPENDED, Phase.BACKOFF):
        gate |= spans.own_phase == PHASE[phase]
    replaced = dependencies.replaced(len(spans))
    if not gate.any() or not replaced.any():
        return dependencies
    ended = blocks.rows(COMPLETES, CHILD_ENDED)
    ended = ended[gate[blocks.node[ended] - len(spans)] & ((blocks.what[ended] & JOINED) == 0)]
    held = (blocks.what & PLACE) == OPENED
    held[ended] = True
    last = running_last(held)
    starts = blocks.rows(ASKS, CHILD_STARTS)
    starts = starts[replaced[blocks.node[starts]]]
    starts = starts[(blocks.what[last[starts]] & PLACE) == CHILD_ENDED]
    return dependencies.with_inferred(blocks.node[starts], blocks.node[last[starts]])


def find_predecessors(
    forest: Forest, nodes: Nodes, blocks: Blocks, dependencies: Dependencies, substance: Substance
) -> Predecessors:
    """The binding predecessor of every node."""
    node, inferred = predecessors(blocks, nodes)
    known = np.full(len(nodes), TREE, np.int8)
    known[inferred] = INFERRED
    backoff = np.zeros(len(nodes), np.bool_)
    replaced = np.flatnonzero(dependencies.replaced(nodes.n))
    node[replaced] = forest.parent[replaced]
    known[replaced] = TREE
    best = _latest(forest, nodes, dependencies, substance)
    target = best.target
    wins = _later(forest, nodes, best.node, node[target])
    target, best = target[wins], best.where(wins)
    node[target] = best.node
    known[target] = np.where(best.explicit, EXPLICIT, INFERRED)
    backoff[target] = best.backoff
    return Predecessors(node, known, backoff)


def _latest(forest: Forest, nodes: Nodes, dependencies: Dependencies, substance: Substance) -> Dependencies:
    """Of all that a span waits for, the one that came last; ties go by substance."""
    if not len(dependencies):
        return dependencies
    order = np.argsort(dependencies.target, kind="stable")
    target, t = dependencies.target[order], nodes.t[dependencies.node[order]]
    first = np.flatnonzero(run_starts(target))
    length = np.diff(np.append(first, len(target)))
    last = np.flatnonzero(t == np.repeat(np.maximum.reduceat(t, first), length))
    tied = ~run_starts(target[last])
    if tied.any():
        tied[:-1] |= tied[1:]
        at = last[tied]
        span = nodes.span[dependencies.node[order[at]]]
        rank = _rank(forest.start[span], dependencies.where(order[at]), nodes)
        order[at] = order[at[substance.last_wins(target[at], rank, span)]]
        last = last[np.append(run_starts(target[last])[1:], True)]
    return dependencies.where(order[last])


def _rank(start: Ints, dependencies: Dependencies, nodes: Nodes) -> Ints:
    """The span that began later, then what is stated, then another attempt, then what is better known."""
    grade = len(EVIDENCE) - nodes.grade[dependencies.node]
    rank: Ints = ((start - start.min()) * 4 + dependencies.explicit * 2 + dependencies.backoff) * 8 + grade
    return rank


def _later(forest: Forest, nodes: Nodes, node: Ints, than: Ints) -> Bools:
    """Whether a dependency binds rather than what time says; of two at once, that of the later span."""
    t, other = nodes.t[node], nodes.t[than]
    later = t > other
    equal = np.flatnonzero(t == other)
    start, other_start = (forest.start[nodes.span[at[equal]]] for at in (node, than))
    later[equal] = start >= other_start
    return later
