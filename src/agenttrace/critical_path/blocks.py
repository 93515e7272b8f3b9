"""What happens inside each span, in order: from it time tells what a child's start, or an end, waited for.

The block of a span holds its own instants, the starts and ends of its children, and the ends that are
joined with it. Within one instant: ends of children, own instants, starts, and at last its own end. A
child of no length completes nothing. Spans without children and marks need no block.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Bools, Ints, order_by, run_starts, running_last
from agenttrace.critical_path.forest import Forest
from agenttrace.critical_path.nodes import (
    CHILD_ENDED,
    CHILD_STARTS,
    CLOSED,
    NOTHING_ENDED,
    OPENED,
    Nodes,
)
from agenttrace.critical_path.spans import SpanArrays
from agenttrace.critical_path.substance import Substance

# What an event is besides its place within an instant: bits of `Blocks.what`, of which PLACE are the lowest.
PLACE, COMPLETES, ASKS, COVERS, JOINED = 15, 16, 32, 64, 128


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """The events of all blocks, block after block, each in order.

    `node`: the event; `what`: its PLACE within an instant, and whether it COMPLETES something that later
    events wait for, ASKS what it waited for itself, COVERS (begins or ends) a child's time, is the end of a
    span that is JOINED further up. `before`: the last completion before it, a row of these arrays.
    `inner`: spans that have a block. `chains`: ends and boundaries of spans without one, and the event before each.
    """

    node: Ints
    what: Ints
    before: Ints
    inner: Bools
    chains: tuple[Ints, Ints]

    def rows(self, what: int, place: int = NONE) -> Ints:
        """The events that are all of this, at this place if one is given."""
        if place == NONE:
            return np.flatnonzero((self.what & what) == what)
        return np.flatnonzero((self.what & (what | PLACE)) == what | place)


def sort_blocks(spans: SpanArrays, forest: Forest, nodes: Nodes, substance: Substance) -> Blocks:
    """The blocks of a chunk; `substance` settles ties."""
    inner = _inner_spans(forest, nodes)
    block, node, what = _events(spans, forest, nodes, inner)
    order, key = order_by((np.cumsum(inner) - 1)[block], nodes.t[node], what & PLACE)
    order = _settle_ties(order, key, node, forest, substance)
    what = what[order]
    before = np.full(len(order), NONE, np.int64)
    before[1:] = running_last((what & COMPLETES) != 0)[:-1]
    return Blocks(node[order], what, before, inner, _plain_chains(inner, nodes))


def predecessors(blocks: Blocks, nodes: Nodes) -> tuple[Ints, Bools]:
    """For every node that which time says it waited for, and whether that is only inferred.

    Boundaries of spans without a block follow one another. Starts of sessions have none.
    """
    before = np.full(len(nodes), NONE, np.int64)
    inferred = np.zeros(len(nodes), np.bool_)
    later, earlier = blocks.chains
    before[later] = earlier
    asks = blocks.rows(ASKS)
    at = blocks.before[asks]
    asking, what = blocks.node[asks], blocks.what[at]
    before[asking] = blocks.node[at]
    started = (blocks.what[asks] & PLACE) == CHILD_STARTS
    inferred[asking] = (started & ((what & PLACE) == CHILD_ENDED)) | ((what & JOINED) != 0)
    return before, inferred


def _plain_chains(inner: Bools, nodes: Nodes) -> tuple[Ints, Ints]:
    n = nodes.n
    row = np.flatnonzero(~inner)
    count = nodes.inner_count[row]
    before_end = np.where(count > 0, nodes.inner_first[row] + count - 1, row)
    inside = np.arange(2 * n, nodes.marks_from)
    owner = nodes.span[inside]
    before = inside - 1
    first = np.flatnonzero(nodes.inner_count)
    before[nodes.inner_first[first] - 2 * n] = first
    plain = ~inner[owner]
    return np.concatenate([row + n, inside[plain]]), np.concatenate([before_end, before[plain]])


def _inner_spans(forest: Forest, nodes: Nodes) -> Bools:
    inner = np.zeros(nodes.n, np.bool_)
    row = np.arange(nodes.n)
    inner[forest.parent[forest.parent != row]] = True
    inner[forest.join[forest.join != NONE]] = True
    inner[nodes.span[nodes.marks_from :]] = True
    return inner


def _events(spans: SpanArrays, forest: Forest, nodes: Nodes, inner: Bools) -> tuple[Ints, Ints, Ints]:
    """Block and node of every event, and what it is."""
    n = nodes.n
    child = np.flatnonzero(forest.parent != np.arange(n))
    above = forest.parent[child]
    lasts = forest.end[child] > forest.start[child]
    ended = np.where(lasts, CHILD_ENDED | COVERS, NOTHING_ENDED | COVERS)
    ended += COMPLETES * (lasts & spans.blocking[child])
    joined = np.flatnonzero(forest.join != NONE)
    holder = np.flatnonzero(inner)
    own = np.arange(2 * n, len(nodes))
    own = own[inner[nodes.span[own]]]
    parts = (
        (above, child, CHILD_STARTS | ASKS | COVERS),
        (above, n + child, ended),
        (forest.join[joined], joined, CHILD_STARTS | COVERS),
        (forest.join[joined], n + joined, CHILD_ENDED | COVERS | COMPLETES | JOINED),
        (holder, holder, OPENED | COMPLETES),
        (holder, n + holder, CLOSED | ASKS),
        (nodes.span[own], own, nodes.order[own - 2 * n] | COMPLETES | ASKS),
    )
    return (
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([np.broadcast_to(part[2], part[0].shape) for part in parts]),
    )


def _settle_ties(order: Ints, key: Ints, node: Ints, forest: Forest, substance: Substance) -> Ints:
    """Of children that end together the one that began last is waited for, then substance decides."""
    same = ~run_starts(key)
    same &= (key & PLACE) == CHILD_ENDED
    if not same.any():
        return order
    tied = same.copy()
    tied[:-1] |= same[1:]
    at = np.flatnonzero(tied)
    span = node[order[at]] - len(forest.start)
    settled = order.copy()
    settled[at] = order[at[substance.last_wins(key[at], forest.start[span], span)]]
    return settled
