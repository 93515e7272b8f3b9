"""Containment made to fit: which span holds which, from when to when, after the repairs that traces need.

Parents come first, so that a child is compared with what its parent has become. A span that no clock
contradicts is never touched, and no span of a level is looked at unless it, or its parent, was.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from agenttrace.critical_path.arrays import NONE, TOLERANCE_NS, Bools, Ints, counts, depths, expanded
from agenttrace.critical_path.spans import PURPOSE, SpanArrays
from agenttrace.model.vocabulary import Purpose


@dataclass(frozen=True, slots=True, eq=False)
class Forest:
    """`parent`, `start` and `end` after repair.

    `join`: the span further up that waits for the end of one that outlives its parent; NONE where there is
    none. `repaired`: the rows of each finding.
    """

    parent: Ints
    start: Ints
    end: Ints
    join: Ints
    repaired: dict[str, Ints]


def plant(spans: SpanArrays) -> Forest:
    """The forest of a chunk."""
    end = np.maximum(spans.end, spans.start)
    work = _Repairs(
        spans,
        spans.parent.copy(),
        spans.start.copy(),
        end,
        np.full(len(spans), NONE, np.int64),
        {"parent_missing": [spans.lost], "negative_duration": [np.flatnonzero(spans.end < spans.start)]},
    )
    todo = _conflicts(work, np.arange(len(spans)))
    if len(todo):
        _repair(work, todo)
    found = {code: np.sort(np.concatenate(rows)) for code, rows in work.repaired.items()}
    return Forest(
        work.parent,
        work.start,
        work.end,
        work.join,
        {code: rows for code, rows in found.items() if len(rows)},
    )


@dataclass(slots=True)
class _Repairs:
    """The forest while it is being repaired."""

    spans: SpanArrays
    parent: Ints
    start: Ints
    end: Ints
    join: Ints
    repaired: dict[str, list[Ints]] = field(default_factory=dict)

    def note(self, code: str, rows: Ints) -> None:
        if len(rows):
            self.repaired.setdefault(code, []).append(rows)


def _conflicts(work: _Repairs, rows: Ints) -> Ints:
    above = work.parent[rows]
    return rows[(work.start[rows] < work.start[above]) | (work.end[rows] > work.end[above])]


def _repair(work: _Repairs, todo: Ints) -> None:
    depth = depths(work.parent)
    children = _Children(work)
    waiting: dict[int, list[Ints]] = {}
    levels: list[int] = []
    _enqueue(waiting, levels, todo, depth)
    while levels:
        rows = np.unique(np.concatenate(waiting.pop(heapq.heappop(levels))))
        before = work.start[rows], work.end[rows]
        _repair_level(work, rows)
        moved = rows[(work.start[rows] != before[0]) | (work.end[rows] != before[1])]
        _enqueue(waiting, levels, _conflicts(work, children.of(moved)), depth)


def _enqueue(waiting: dict[int, list[Ints]], levels: list[int], rows: Ints, depth: Ints) -> None:
    if not len(rows):
        return
    ordered = rows[np.argsort(depth[rows], kind="stable")]
    found, first = np.unique(depth[ordered], return_index=True)
    for level, part in zip(found.tolist(), np.split(ordered, first[1:]), strict=True):
        if level not in waiting:
            heapq.heappush(levels, level)
        waiting.setdefault(level, []).append(part)


class _Children:
    """Finds children: by looking at all spans at first, and by an index where that is asked often."""

    _LOOKS = 16

    def __init__(self, work: _Repairs) -> None:
        self._parent = work.parent
        self._looks = 0
        self._rows = self._first = self._count = np.zeros(0, np.int64)

    def of(self, rows: Ints) -> Ints:
        if not len(rows):
            return rows
        self._looks += 1
        if self._looks <= self._LOOKS:
            chosen = np.zeros(len(self._parent), np.bool_)
            chosen[rows] = True
            return np.flatnonzero(chosen[self._parent])
        if self._looks == self._LOOKS + 1:
            self._index(self._parent)
        old, place = expanded(self._count[rows])
        found: Ints = self._rows[self._first[rows][old] + place]
        return found

    def _index(self, parent: Ints) -> None:
        self._rows = np.argsort(parent, kind="stable")
        self._count = counts(parent, len(parent))
        self._first = np.cumsum(self._count) - self._count


def _repair_level(work: _Repairs, rows: Ints) -> None:
    """Rows of one depth, whose ancestors are settled."""
    _reattach(work, rows)
    above = work.parent[rows]
    _hold_to_session(work, rows[above == work.parent[above]])
    low = rows[work.start[rows] < work.start[above]]
    work.start[low] = work.start[work.parent[low]]
    work.note("child_start_clipped", low)
    above = work.parent[rows]
    over = (work.end[rows] > work.end[above]) & (work.start[rows] < work.end[above])
    _settle_ends(work, rows[over])


def _reattach(work: _Repairs, rows: Ints) -> None:
    """A span that does not run while its parent does goes to the nearest ancestor that then runs."""
    start, end, above = work.start[rows], work.end[rows], work.parent[rows]
    before = (end <= work.start[above]) & (start < work.start[above])
    after = (start >= work.end[above]) & (end > work.end[above])
    for code, outside in (("child_before_parent", before), ("child_after_parent", after)):
        moved = rows[outside & (above != work.parent[above])]
        work.note(code, moved)
        work.parent[moved] = _running_ancestor(work, moved)


def _running_ancestor(work: _Repairs, rows: Ints) -> Ints:
    found = work.parent[rows]
    open_ = np.arange(len(rows))
    while len(open_):
        at, row = found[open_], rows[open_]
        runs = (work.start[at] <= work.start[row]) & (
            (work.start[row] < work.end[at]) | (work.end[row] <= work.end[at])
        )
        open_ = open_[~runs & (work.parent[at] != at)]
        found[open_] = work.parent[found[open_]]
    return found


def _hold_to_session(work: _Repairs, rows: Ints) -> None:
    """Nothing happens before a session; what happens after it is outside the wall time."""
    above = work.parent[rows]
    early = rows[(work.end[rows] <= work.start[above]) & (work.start[rows] < work.start[above])]
    work.start[early] = work.end[early] = work.start[work.parent[early]]
    work.note("before_session", early)
    work.note("past_session_end", rows[work.end[rows] > work.end[above] + TOLERANCE_NS])


def _settle_ends(work: _Repairs, rows: Ints) -> None:
    """An end just beyond the parent's is the parent's; one far beyond is joined further up, or not at all."""
    above = work.parent[rows]
    near = work.end[rows] <= work.end[above] + TOLERANCE_NS
    _clip(work, rows[near], above[near])
    outliving = rows[~near & (above != work.parent[above])]
    work.note("outlives_parent", outliving)
    waited = outliving[work.spans.blocking[outliving] & _may_leave(work, outliving)]
    at = _waiting_ancestor(work, waited)
    joined = at != NONE
    waited, at = waited[joined], at[joined]
    work.join[waited] = at
    over = work.end[waited] > work.end[at]
    _clip(work, waited[over], at[over])


def _clip(work: _Repairs, rows: Ints, to: Ints) -> None:
    work.end[rows] = work.end[to]
    work.note("child_end_clipped", rows)


def _may_leave(work: _Repairs, rows: Ints) -> Bools:
    """Whether the end of a span, of its own or its parent's lane, may be waited for outside its parent.

    What a server still does with an attempt that its client gave up is waited for by nobody.
    """
    same_lane = work.spans.agent[rows] == work.spans.agent[work.parent[rows]]
    given_up = work.spans.purpose[rows] == PURPOSE[Purpose.FAILED_ATTEMPT]
    may_leave: Bools = (same_lane | ~work.spans.detachable[rows]) & ~given_up
    return may_leave


def _waiting_ancestor(work: _Repairs, rows: Ints) -> Ints:
    """The nearest ancestor that ends no earlier; NONE if a background span lies between, or none does."""
    found = work.parent[rows]
    open_ = np.arange(len(rows))
    while len(open_):
        at, row = found[open_], rows[open_]
        open_ = open_[work.end[row] > work.end[at] + TOLERANCE_NS]
        at = found[open_]
        lost = work.spans.detachable[at] | ~work.spans.blocking[at] | (work.parent[at] == at)
        found[open_[lost]] = NONE
        open_ = open_[~lost]
        found[open_] = work.parent[found[open_]]
    return found
