"""Busy time: what each span spends on itself, less what its children cover, on the path or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import (
    Bools,
    Codes,
    Ints,
    expanded,
    run_starts,
    running_max,
    sums,
    within_groups,
)
from agenttrace.critical_path.measures.chunk import Chunk, own_stretches


@dataclass(frozen=True, slots=True, eq=False)
class Busy:
    """Parts of spans' own time: of which span, in which phase, and how long."""

    row: Ints
    phase: Codes
    ns: Ints


@dataclass(frozen=True, slots=True, eq=False)
class _Stretches:
    """Of spans, by span and start, none within another."""

    row: Ints
    start: Ints
    end: Ints


def exclusive_time(chunk: Chunk) -> Busy:
    """The own time of all spans, in no order.

    Where the path runs through a span while a child of it runs that nothing waited for, the span was
    at work itself: that is its own time too, in the path's phase. So no phase has more time on the path
    than agents were busy with it.
    """
    parent = chunk.graph.forest.parent
    holds = np.zeros(len(parent), np.bool_)
    holds[parent[parent != np.arange(len(parent))]] = True
    walked = holds[chunk.path.span]
    own = own_stretches(chunk.graph)
    rest = own.end - own.start
    covered = _covered(chunk, walked)
    holding = np.zeros(len(parent), np.bool_)
    holding[covered.row] = True
    at = np.flatnonzero(holding[own.row])
    rest[at] -= _overlaps(own.row[at], own.start[at], own.end[at], covered)
    some = rest > 0
    path = chunk.path
    return Busy(
        np.concatenate([own.row[some], path.span[walked]]),
        np.concatenate([own.phase[some], path.phase[walked]]),
        np.concatenate([rest[some], path.length[walked]]),
    )


def _overlaps(row: Ints, start: Ints, end: Ints, covered: _Stretches) -> Ints:
    """How much of each of these stretches is covered by those of the same span."""
    first = np.searchsorted(covered.row, row)
    old, place = expanded(np.searchsorted(covered.row, row, side="right") - first)
    other = first[old] + place
    overlap = np.minimum(end[old], covered.end[other]) - np.maximum(start[old], covered.start[other])
    return sums(np.maximum(overlap, 0), old, len(row))


def _covered(chunk: Chunk, walked: Bools) -> _Stretches:
    """Where a child of a span runs, or the path is the span's own (`walked`: which of its segments are)."""
    forest, path = chunk.graph.forest, chunk.path
    parent, low, high = forest.parent, forest.start, forest.end
    start, end = np.maximum(low, low[parent]), np.minimum(high, high[parent])
    child = np.flatnonzero((end > start) & (parent != np.arange(len(parent))))
    row = np.concatenate([parent[child], path.span[walked]])
    start = np.concatenate([start[child], path.start[walked]])
    end = np.concatenate([end[child], path.end[walked]])
    order = within_groups(row, start)
    row, start, end = row[order], start[order], end[order]
    first = run_starts(row)
    reach = running_max(row, end)
    first[1:] |= start[1:] > reach[:-1]
    at = np.flatnonzero(first)
    last = np.append(at[1:], len(row)) - 1 if len(at) else at
    return _Stretches(row[at], start[at], reach[last])
