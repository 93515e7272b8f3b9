"""The instants inside requests that divide them into phases, and the phase of everything else.

A request has up to four: where its queue, its prefill and its decode begin, and its last token. They
part it into five stretches, of which any may be empty:

    start | rest | queue | prefill | decode | rest | end

`rest` is `network` where a server's view of the request lies inside it: then the view's instants count, and
the request has none of its own. Otherwise it is `model`, time that the source does not divide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import NONE, NULL, TOLERANCE_NS, Bools, Codes, Ints, climbed
from agenttrace.critical_path.forest import Forest
from agenttrace.critical_path.spans import GRADE, KINDS, PHASE, SpanArrays
from agenttrace.model.vocabulary import Evidence, Phase, SpanKind

BOUNDARIES = 4
REST, QUEUE, PREFILL, DECODE, LAST = range(5)

LATEST = int(np.iinfo(np.int64).max)

_MEASURED = GRADE[Evidence.MEASURED]
_DERIVED = GRADE[Evidence.DERIVED]
_BOUNDED = GRADE[Evidence.BOUNDED]

_OWN = {
    SpanKind.SESSION: Phase.HARNESS,
    SpanKind.AGENT: Phase.HARNESS,
    SpanKind.INTERACTION: Phase.HARNESS,
    SpanKind.REQUEST: Phase.MODEL,
    SpanKind.TOOL: Phase.TOOL,
    SpanKind.COMPACTION: Phase.MODEL,
    SpanKind.USER_WAIT: Phase.USER,
    SpanKind.OTHER: Phase.UNKNOWN,
}
_INSIDE = {
    SpanKind.REQUEST: Phase.MODEL,
    SpanKind.TOOL: Phase.TOOL,
    SpanKind.COMPACTION: Phase.MODEL,
    SpanKind.USER_WAIT: Phase.USER,
}
_BY_KIND = np.array([PHASE[_OWN[kind]] for kind in KINDS], np.int8)
_OF_OTHER = np.array([PHASE[_INSIDE.get(kind, Phase.UNKNOWN)] for kind in KINDS], np.int8)


@dataclass(frozen=True, slots=True, eq=False)
class Instants:
    """Spans that are divided (`rows`), and how; `place` leads from a span to its place among them.

    `at` and `grade` have a column for each boundary, `given` says which of them are nodes of the graph;
    `phase` and `known` have one for each stretch: its phase, and the evidence of its own length.
    `whole`: the phase of the spans that are not divided.
    """

    rows: Ints
    place: Ints
    at: NDArray[np.int64]
    grade: NDArray[np.int8]
    given: NDArray[np.bool_]
    phase: NDArray[np.int8]
    known: NDArray[np.int8]
    whole: Codes
    clamped: Ints


def find_instants(spans: SpanArrays, forest: Forest) -> Instants:
    """Own instants and own phases of all spans."""
    facts = spans.facts
    told = (
        (facts.queue != NULL) | (facts.prefill != NULL) | (facts.first_token != NULL) | (facts.decode != NULL)
    )
    told &= spans.own_phase == NONE
    told &= spans.is_kind(SpanKind.REQUEST, SpanKind.OTHER)
    plain = spans.is_kind(SpanKind.OTHER) & ~told & (spans.own_phase == NONE)
    holder = _holders(forest.parent, plain)
    seen_twice = _viewed(spans, told, holder)
    divided = np.flatnonzero(told & ~seen_twice)
    table = _divide(spans, forest, divided)
    whole = _whole_phases(spans, told, plain, holder, seen_twice)
    mirror = _mirrors(spans, plain, holder, divided)
    return _with_mirrors(table, forest, whole, mirror, holder)


def _holders(parent: Ints, plain: Bools) -> Ints:
    """The nearest ancestor that is no plain span of kind other."""
    row = np.arange(len(parent))
    if not plain.any():
        return parent
    return climbed(np.where(plain, parent, row))[parent]


def _viewed(spans: SpanArrays, told: Bools, holder: Ints) -> Bools:
    """Requests that hold a server's view of themselves; a gateway's view may hold a worker's."""
    viewed = np.zeros(len(spans), np.bool_)
    request = told | spans.is_kind(SpanKind.REQUEST)
    inside = told & request[holder] & (holder != np.arange(len(spans)))
    viewed[holder[inside]] = True
    return viewed


def _whole_phases(spans: SpanArrays, told: Bools, plain: Bools, holder: Ints, viewed: Bools) -> Codes:
    phase = _BY_KIND[spans.kind]
    phase[told] = PHASE[Phase.MODEL]
    phase[viewed] = PHASE[Phase.NETWORK]
    phase = np.where(spans.own_phase != NONE, spans.own_phase, phase)
    inner = np.flatnonzero(plain)
    above = holder[inner]
    stated = (spans.own_phase[above] != NONE) | viewed[above]
    phase[inner] = np.where(stated, phase[above], _OF_OTHER[spans.kind[above]])
    return phase.astype(np.int8)


def _mirrors(spans: SpanArrays, plain: Bools, holder: Ints, divided: Ints) -> Ints:
    """Plain spans inside divided ones: they are in the phase that their holder is in."""
    is_divided = np.zeros(len(spans), np.bool_)
    is_divided[divided] = True
    return np.flatnonzero(plain & is_divided[holder])


def _divide(spans: SpanArrays, forest: Forest, rows: Ints) -> Instants:
    start, end = forest.start[rows], forest.end[rows]
    given = _Given(spans, rows, start, end)
    wanted = given.boundaries()
    at = wanted.copy()
    low = start
    for column in (DECODE - 1, PREFILL - 1, QUEUE - 1):
        high = end if column == DECODE - 1 else at[:, column + 1]
        at[:, column] = np.clip(at[:, column], low, high)
    at[:, LAST - 1] = np.clip(at[:, LAST - 1], at[:, DECODE - 1], end)
    moved = at != wanted
    far = np.abs(at - wanted) > TOLERANCE_NS
    grade = given.grades()
    phase, known = given.stretches()
    for values in (grade, known[:, :LAST], known[:, QUEUE:]):
        values[far] = np.maximum(values[far], _BOUNDED)
    shown = given.shown()
    shown[:, QUEUE - 1] &= at[:, QUEUE - 1] > start
    shown[:, LAST - 1] &= at[:, LAST - 1] < end
    place = np.full(len(spans), NONE, np.int64)
    return Instants(rows, place, at, grade, shown, phase, known, spans.own_phase, rows[moved.any(axis=1)])


class _Given:
    """What the source gives of each divided span, and what follows from it."""

    def __init__(self, spans: SpanArrays, rows: Ints, start: Ints, end: Ints) -> None:
        facts = spans.facts
        self.start, self.end = start, end
        self.queue, self.prefill = facts.queue[rows], facts.prefill[rows]
        self.first, self.decode = facts.first_token[rows], facts.decode[rows]
        self.has_queue, self.has_prefill = self.queue != NULL, self.prefill != NULL
        self.has_first, self.has_decode = self.first != NULL, self.decode != NULL
        self.grade = {
            "queue": facts.queue_evidence[rows],
            "prefill": facts.prefill_evidence[rows],
            "first": facts.first_token_evidence[rows],
            "decode": facts.decode_evidence[rows],
            "start": spans.start_evidence[rows],
            "end": spans.end_evidence[rows],
        }
        self._settle_first_token()

    def _settle_first_token(self) -> None:
        """Without a first token: after queue and prefill from the start, or before decode from the end."""
        after = ~self.has_first & self.has_prefill
        before = ~self.has_first & ~self.has_prefill & self.has_decode
        queue = np.where(self.has_queue, self.queue, 0)
        self.first = np.where(after, self.start + queue + self.prefill, self.first)
        self.first = np.where(before, self.end - self.decode, self.first)
        by_sum = _worst(self.grade["start"], self.grade["prefill"], _DERIVED)
        by_sum = np.where(self.has_queue, np.maximum(by_sum, self.grade["queue"]), by_sum)
        by_rest = _worst(self.grade["end"], self.grade["decode"], _DERIVED)
        grade = np.where(after, by_sum, np.where(before, by_rest, self.grade["first"]))
        self.grade["first"] = grade
        self.has_first = self.has_first | after | before

    def boundaries(self) -> NDArray[np.int64]:
        """Where queue, prefill and decode begin, and the last token; a queue alone stands at the start."""
        first = np.where(self.has_first, self.first, self.end)
        queue = np.where(self.has_queue, self.queue, 0)
        prefill_from = np.where(self.has_prefill, first - self.prefill, self.start + queue)
        queue_from = np.where(self.has_prefill, prefill_from - queue, self.start)
        last = np.where(self.has_first & self.has_decode, first + self.decode, self.end)
        return np.stack([queue_from, prefill_from, first, last], axis=1)

    def grades(self) -> NDArray[np.int8]:
        grade = self.grade
        first = grade["first"]
        prefill_from = np.where(
            self.has_prefill,
            _worst(first, grade["prefill"]),
            _worst(grade["start"], np.where(self.has_queue, grade["queue"], _DERIVED), _DERIVED),
        )
        queue_from = np.where(self.has_queue, _worst(prefill_from, grade["queue"]), prefill_from)
        last = np.where(self.has_decode, _worst(first, grade["decode"]), grade["end"])
        return np.stack([queue_from, prefill_from, first, last], axis=1).astype(np.int8)

    def stretches(self) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """Phase of each stretch, and the evidence of its length where it is more than its two ends tell."""
        size = len(self.start)
        model, derived = np.full(size, PHASE[Phase.MODEL]), np.full(size, _DERIVED)
        measured = np.full(size, _MEASURED)
        prefill = np.where(self.has_prefill, PHASE[Phase.PREFILL], PHASE[Phase.MODEL])
        queue, decode = np.full(size, PHASE[Phase.QUEUE]), np.full(size, PHASE[Phase.DECODE])
        of_prefill = np.where(
            self.has_prefill, self.grade["prefill"], np.where(self.has_queue, derived, measured)
        )
        of_decode = np.where(self.has_decode, self.grade["decode"], measured)
        phase = np.stack([model, queue, prefill, decode, model], axis=1)
        known = np.stack([derived, self.grade["queue"], of_prefill, of_decode, derived], axis=1)
        return phase.astype(np.int8), known.astype(np.int8)

    def shown(self) -> NDArray[np.bool_]:
        """Which boundaries are there: what is unknown does not part a span."""
        shown = [self.has_prefill, self.has_queue, self.has_first, self.has_first & self.has_decode]
        return np.stack(shown, axis=1)


def _with_mirrors(table: Instants, forest: Forest, whole: Codes, mirror: Ints, holder: Ints) -> Instants:
    place = table.place
    place[table.rows] = np.arange(len(table.rows))
    source = place[holder[mirror]]
    start, end = forest.start[mirror, None], forest.end[mirror, None]
    at = np.where(~table.given & (table.at >= forest.end[table.rows, None]), LATEST, table.at)[source]
    inside = (at > start) & (at < end)
    rows = np.concatenate([table.rows, mirror])
    place[mirror] = np.arange(len(table.rows), len(rows))
    return Instants(
        rows=rows,
        place=place,
        at=np.concatenate([table.at, np.clip(at, start, end)]),
        grade=np.concatenate([table.grade, table.grade[source]]),
        given=np.concatenate([table.given, table.given[source] & inside]),
        phase=np.concatenate([table.phase, table.phase[source]]),
        known=np.concatenate([table.known, table.known[source]]),
        whole=whole,
        clamped=table.clamped,
    )


def _worst(*grades: NDArray[np.int8] | int) -> NDArray[np.int8]:
    worst = grades[0]
    for grade in grades[1:]:
        worst = np.maximum(worst, grade)
    return np.asarray(worst, np.int8)


def stretch_from(instants: Instants, places: Ints, t: Ints) -> Ints:
    """Which stretch of a divided span begins at an instant, or goes on there."""
    return (instants.at[places] <= t[:, None]).sum(axis=1)


def stretch_to(instants: Instants, places: Ints, t: Ints) -> Ints:
    """Which stretch of a divided span ends at an instant, or goes on there."""
    return (instants.at[places] < t[:, None]).sum(axis=1)
