"""The events of a chunk: the start and the end of every span, and the instants inside it.

For n spans, node i < n is the start of span i, node n + i its end; then come the boundaries of
divided spans, those of one span together and in order, and at last the marks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Codes, Ints, counts
from agenttrace.critical_path.division import BOUNDARIES
from agenttrace.critical_path.forest import Forest
from agenttrace.critical_path.instants import Instants, stretch_to
from agenttrace.critical_path.spans import GRADE, SpanArrays
from agenttrace.model.vocabulary import Evidence

# Places of events within an instant of a block; blocks.py sorts by them. Boundaries take the places from OWN,
# marks those up to MARKED, the best known last.
OPENED, CHILD_ENDED, OWN, MARKED, CHILD_STARTS, NOTHING_ENDED, CLOSED = 0, 1, 2, 10, 11, 12, 13


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Instants that something hangs on: which span's, when, and how well that is known."""

    span: Ints
    t: Ints
    grade: Codes


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """`span`, `t` and `grade` (evidence of the instant) of every node.

    Of the inner nodes, from 2n on: `stretch` of a divided span that ends there (-1: not divided) and
    `order` within an instant. `marks_from` is the first mark. `inner_first` and `inner_count` find the
    boundaries of a span. `last_stretch`: the stretch that ends at a divided span's end.
    """

    n: int
    span: Ints
    t: Ints
    grade: Codes
    stretch: Ints
    order: Ints
    marks_from: int
    inner_first: Ints
    inner_count: Ints
    last_stretch: Ints

    def __len__(self) -> int:
        """The number of nodes."""
        return len(self.t)


def make_nodes(spans: SpanArrays, forest: Forest, instants: Instants, marks: Marks) -> Nodes:
    """All nodes of the chunk."""
    n = len(spans)
    place, column = np.nonzero(instants.given)
    owner = instants.rows[place]
    by_span = np.argsort(owner, kind="stable")
    place, column, owner = place[by_span], column[by_span], owner[by_span]
    row = np.arange(n)
    count = counts(owner, n)
    return Nodes(
        n=n,
        span=np.concatenate([row, row, owner, marks.span]),
        t=np.concatenate([forest.start, forest.end, instants.at[place, column], marks.t]),
        grade=np.concatenate([*_grades(spans, forest), instants.grade[place, column], marks.grade]),
        stretch=np.concatenate([column, _stretch_of_marks(instants, marks)]),
        order=np.concatenate([OWN + column, MARKED - marks.grade]),
        marks_from=2 * n + len(owner),
        inner_first=2 * n + np.cumsum(count) - count,
        inner_count=count,
        last_stretch=_last_stretches(instants, forest),
    )


def _grades(spans: SpanArrays, forest: Forest) -> tuple[Codes, Codes]:
    """A bound that was moved follows from another one."""
    derived = GRADE[Evidence.DERIVED]
    start = np.where(
        forest.start != spans.start, np.maximum(spans.start_evidence, derived), spans.start_evidence
    )
    end = np.where(forest.end != spans.end, np.maximum(spans.end_evidence, derived), spans.end_evidence)
    return start.astype(np.int8), end.astype(np.int8)


def _stretch_of_marks(instants: Instants, marks: Marks) -> Ints:
    place = instants.place[marks.span]
    stretch = np.full(len(place), NONE, np.int64)
    divided = place != NONE
    stretch[divided] = stretch_to(instants, place[divided], marks.t[divided])
    return stretch


def _last_stretches(instants: Instants, forest: Forest) -> Ints:
    """By time, and at least what follows the last boundary that is known, be it of no length."""
    end = forest.end[instants.rows]
    by_time = stretch_to(instants, np.arange(len(end)), end)
    beyond = np.where(instants.given, np.arange(1, BOUNDARIES + 1), 0)
    last: Ints = np.maximum(by_time, beyond.max(axis=1, initial=0))
    return last
