"""What happens inside each span, in order: from it time tells what the start of a child, or an end, waited for.

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

# What a row of the events is besides its place: bits of `Blocks.role`.
COMPLETES, ASKS, COVERS, JOINED = 1, 2, 4, 8


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """The events of all blocks, block after block, each in order.

    `node`: the event; `t`: when; `place`: its place within an instant; `role`: whether it COMPLETES something
    that later events wait for, ASKS what it waited for itself, COVERS (begins or ends) a child's time,
    is the end of a span that is JOINED further up. `before`: the last completion before it, a row of these
    arrays. `inner`: spans that have a block.
    """

    node: Ints
    t: Ints
    place: Ints
    role: Ints
    before: Ints
    inner: Bools


def sort_blocks(spans: SpanArrays, forest: Forest, nodes: Nodes, substance: Substance) -> Blocks:
    """The blocks of a chunk; `substance` settles ties."""
    inner = _inner_spans(forest, nodes)
    block, node, place, role = _events(spans, forest, nodes, inner)
    t = nodes.t[node]
    order, key = order_by(np.cumsum(inner)[block] - 1, t, place)
    order = _settle_ties(order, key, place, node, forest, substance)
    node, role = node[order], role[order]
    completes = (role & COMPLETES) != 0
    before = np.full(len(order), NONE, np.int64)
    before[1:] = running_last(completes)[:-1]
    return Blocks(node, t[order], place[order], role, before, inner)


def predecessors(blocks: Blocks, nodes: Nodes) -> tuple[Ints, Bools]:
    """For every node that which time says it waited for, and whether that is only inferred.

    Boundaries of spans without a block follow one another. Starts of sessions have none.
    """
    n = nodes.n
    before = np.full(len(nodes), NONE, np.int64)
    inferred = np.zeros(len(nodes), np.bool_)
    row = np.arange(n)
    before[n : 2 * n] = np.where(nodes.inner_count > 0, nodes.inner_first + nodes.inner_count - 1, row)
    inside = np.arange(2 * n, nodes.marks_from)
    owner = nodes.span[inside]
    before[inside] = np.where(inside == nodes.inner_first[owner], owner, inside - 1)
    asks = np.flatnonzero((blocks.role & ASKS) != 0)
    at = blocks.before[asks]
    asking = blocks.node[asks]
    before[asking] = blocks.node[at]
    sibling = (blocks.place[asks] == CHILD_STARTS) & (blocks.place[at] == CHILD_ENDED)
    inferred[asking] = sibling | ((blocks.role[at] & JOINED) != 0)
    return before, inferred


def _inner_spans(forest: Forest, nodes: Nodes) -> Bools:
    inner = np.zeros(nodes.n, np.bool_)
    row = np.arange(nodes.n)
    inner[forest.parent[forest.parent != row]] = True
    inner[forest.join[forest.join != NONE]] = True
    inner[nodes.span[nodes.marks_from :]] = True
    return inner


def _events(spans: SpanArrays, forest: Forest, nodes: Nodes, inner: Bools) -> tuple[Ints, Ints, Ints, Ints]:
    """Block, node, place and role of every event."""
    n = nodes.n
    row = np.arange(n)
    child = np.flatnonzero(forest.parent != row)
    above = forest.parent[child]
    lasts = forest.end[child] > forest.start[child]
    completes = COMPLETES * (lasts & spans.blocking[child])
    joined = np.flatnonzero(forest.join != NONE)
    holder = np.flatnonzero(inner)
    own = np.arange(2 * n, len(nodes))
    own = own[inner[nodes.span[own]]]
    parts = (
        (above, child, CHILD_STARTS, ASKS | COVERS),
        (above, n + child, np.where(lasts, CHILD_ENDED, NOTHING_ENDED), COVERS | completes),
        (forest.join[joined], joined, CHILD_STARTS, COVERS),
        (forest.join[joined], n + joined, CHILD_ENDED, COVERS | COMPLETES | JOINED),
        (holder, holder, OPENED, COMPLETES),
        (holder, n + holder, CLOSED, ASKS),
        (nodes.span[own], own, nodes.order[own - 2 * n], COMPLETES | ASKS),
    )
    return (
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([np.broadcast_to(part[2], part[0].shape) for part in parts]),
        np.concatenate([np.broadcast_to(part[3], part[0].shape) for part in parts]),
    )


def _settle_ties(
    order: Ints, key: Ints, place: Ints, node: Ints, forest: Forest, substance: Substance
) -> Ints:
    """Of children that end together the one that began last is waited for, then substance decides."""
    same = ~run_starts(key)
    same &= place[order] == CHILD_ENDED
    if not same.any():
        return order
    tied = same.copy()
    tied[:-1] |= same[1:]
    at = np.flatnonzero(tied)
    span = node[order[at]] - len(forest.start)
    settled = order.copy()
    settled[at] = order[at[substance.last_wins(key[at], forest.start[span], span)]]
    return settled
