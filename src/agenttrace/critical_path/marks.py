"""The instants inside spans on which others hang: stated ones, and those that have to be made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, Bools, Codes, Ints, run_starts
from agenttrace.critical_path.forest import Forest
from agenttrace.critical_path.nodes import Marks
from agenttrace.critical_path.spans import GRADE, SpanArrays, session_numbers, session_sizes
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence


@dataclass(frozen=True, slots=True, eq=False)
class StatedMarks:
    """The marks of the trace, each moved into its span if it lies outside (`moved`)."""

    session: Ints
    number: Ints
    refers: Ints
    at: Marks
    moved: Bools

    def __len__(self) -> int:
        """How many there are."""
        return len(self.number)


def stated_marks(chunk: Trace, spans: SpanArrays, forest: Forest) -> StatedMarks:
    """The marks whose spans are in the chunk."""
    table = chunk.marks
    session, span = session_numbers(table, spans.names), columns.numbers(table, "span")
    known = (session != NONE) & (span >= 0) & (span < session_sizes(spans)[session])
    base = spans.first[session[known]]
    span = span[known] + base
    refers = columns.numbers(table, "refers_to")[known]
    stated = columns.ints(table, "t_ns")[known]
    t = np.clip(stated, forest.start[span], forest.end[span])
    grade = columns.codes(table, "evidence", Evidence)[known]
    grade[t != stated] = np.maximum(grade[t != stated], GRADE[Evidence.BOUNDED])
    return StatedMarks(
        session=session[known],
        number=columns.numbers(table, "mark")[known],
        refers=np.where(refers == NONE, NONE, refers + base),
        at=Marks(span, t, grade),
        moved=t != stated,
    )


def find_marks(marks: StatedMarks, session: Ints, number: Ints, span: Ints) -> Ints:
    """Rows of the marks with these numbers; NONE for one that is not there, or not in this span."""
    found = np.full(len(number), NONE, np.int64)
    if not len(marks):
        return found
    width = int(marks.number.max()) + 1
    have = marks.session * width + marks.number
    order = np.argsort(have, kind="stable")
    wanted = session * width + number
    place = np.minimum(np.searchsorted(have[order], wanted), len(have) - 1)
    row = order[place]
    fits = (number != NONE) & (number < width) & (have[row] == wanted) & (marks.at.span[row] == span)
    return np.where(fits, row, found)


def last_mention(marks: StatedMarks, source: Ints, target: Ints, due: Ints) -> Ints:
    """The last mark in `source` that refers to `target` and is not later than `due`; NONE without one."""
    about = np.flatnonzero(marks.refers != NONE)
    if not len(about) or not len(source):
        return np.full(len(source), NONE, np.int64)
    span, refers, t = marks.at.span[about], marks.refers[about], marks.at.t[about]
    # Each wish stands behind the marks that fulfil it; of marks at one instant the best known is the last.
    asked = np.repeat([False, True], [len(about), len(source)])
    better = np.concatenate([-marks.at.grade[about].astype(np.int64), np.zeros(len(source), np.int64)])
    keys = [np.concatenate(pair) for pair in ((span, source), (refers, target), (t, due))]
    order = np.lexsort((better, asked, keys[2], keys[1], keys[0]))
    last = np.maximum.accumulate(np.where(asked[order], NONE, np.arange(len(order))))
    wish = np.flatnonzero(asked[order])
    mark = order[np.maximum(last[wish], 0)]
    fits = last[wish] != NONE
    for key in keys[:2]:
        fits &= key[mark] == key[order[wish]]
    found = np.full(len(source), NONE, np.int64)
    found[order[wish[fits]] - len(about)] = about[mark[fits]]
    return found


def made_marks(span: Ints, t: Ints, grade: Codes) -> tuple[Marks, Ints]:
    """One mark for each instant of a span, as well known as the worst that asks for it; and each asker's."""
    order = np.lexsort((t, span))
    new = run_starts(span[order], t[order])
    place = np.empty(len(order), np.int64)
    place[order] = np.cumsum(new) - 1
    worst = np.zeros(int(new.sum()), np.int8)
    np.maximum.at(worst, place, grade)
    return Marks(span[order][new], t[order][new], worst), place
