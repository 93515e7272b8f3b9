"""The phase of every span's own time, and the instants inside requests that divide it.

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

from agenttrace.critical_path.arrays import NONE, NULL, Bools, Codes, Ints, climbed
from agenttrace.critical_path.division import divide
from agenttrace.critical_path.forest import Forest
from agenttrace.critical_path.spans import KINDS, PHASE, SpanArrays
from agenttrace.model.vocabulary import Phase, SpanKind

_LATEST = np.iinfo(np.int64).max

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
_CONTAINERS = (SpanKind.SESSION, SpanKind.AGENT, SpanKind.INTERACTION)
_BY_KIND = np.array([PHASE[_OWN[kind]] for kind in KINDS], np.int8)
_OF_OTHER = np.array([PHASE[Phase.UNKNOWN if kind in _CONTAINERS else _OWN[kind]] for kind in KINDS], np.int8)


@dataclass(frozen=True, slots=True, eq=False)
class Instants:
    """Spans that are divided (`rows`), and how; `place` leads from a span to its place among them.

    `at` and `grade` have a column for each boundary, `given` says which of them are nodes of the graph;
    `phase` and `known` have one for each stretch: its phase, and the evidence of its own length.
    `whole`: the phase of the spans that are not divided. `clamped`: spans whose phases did not fit.
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
    told, plain, holder = find_holders(spans, forest)
    viewed = _viewed(spans, told, holder)
    rows = np.flatnonzero(told & ~viewed)
    division = divide(spans, rows, forest.start[rows], forest.end[rows])
    divided = Instants(
        rows=rows,
        place=_places(rows, len(spans)),
        at=division.at,
        grade=division.grade,
        given=division.given,
        phase=division.phase,
        known=division.known,
        whole=_whole_phases(spans, told, plain, holder, viewed),
        clamped=rows[division.moved.any(axis=1)],
    )
    mirrors = np.flatnonzero(plain)
    mirrors = mirrors[divided.place[holder[mirrors]] != NONE]
    return _with_mirrors(divided, forest, mirrors, holder[mirrors]) if len(mirrors) else divided


def find_holders(spans: SpanArrays, forest: Forest) -> tuple[Bools, Bools, Ints]:
    """Spans of which phases are told; plain ones, of kind other and nothing told; and what holds each span.

    It is held by its nearest ancestor that is not plain.
    """
    facts = spans.facts
    told = (
        (facts.queue != NULL) | (facts.prefill != NULL) | (facts.first_token != NULL) | (facts.decode != NULL)
    )
    told &= (spans.own_phase == NONE) & spans.is_kind(SpanKind.REQUEST, SpanKind.OTHER)
    plain = spans.is_kind(SpanKind.OTHER) & ~told & (spans.own_phase == NONE)
    return told, plain, _holders(forest.parent, plain)


def stretch_to(instants: Instants, places: Ints, t: Ints) -> Ints:
    """Which stretch of a divided span ends at an instant, or goes on there."""
    passed: Ints = (instants.at[places] < t[:, None]).sum(axis=1)
    return passed


def _holders(parent: Ints, plain: Bools) -> Ints:
    """The nearest ancestor that is no plain span of kind other."""
    if not plain.any():
        return parent
    return climbed(np.where(plain, parent, np.arange(len(parent))))[parent]


def _viewed(spans: SpanArrays, told: Bools, holder: Ints) -> Bools:
    """Requests that hold a server's view of themselves; a gateway's view may hold a worker's."""
    viewed = np.zeros(len(spans), np.bool_)
    request = told | spans.is_kind(SpanKind.REQUEST)
    viewed[holder[told & request[holder]]] = True
    return viewed


def _whole_phases(spans: SpanArrays, told: Bools, plain: Bools, holder: Ints, viewed: Bools) -> Codes:
    """By kind; a plain span is in the phase of what holds it, and unknown where that only holds others."""
    phase = _BY_KIND[spans.kind]
    phase[told] = PHASE[Phase.MODEL]
    phase[viewed] = PHASE[Phase.NETWORK]
    phase = np.where(spans.own_phase != NONE, spans.own_phase, phase).astype(np.int8)
    inner = np.flatnonzero(plain)
    above = holder[inner]
    stated = (spans.own_phase[above] != NONE) | viewed[above]
    phase[inner] = np.where(stated, phase[above], _OF_OTHER[spans.kind[above]])
    return phase


def _with_mirrors(divided: Instants, forest: Forest, rows: Ints, holder: Ints) -> Instants:
    """Plain spans inside divided ones are in the phase that their holder is in."""
    source = divided.place[holder]
    start, end = forest.start[rows, None], forest.end[rows, None]
    beyond = ~divided.given & (divided.at >= forest.end[divided.rows, None])
    beyond = np.logical_and.accumulate(beyond[:, ::-1], axis=1)[:, ::-1]
    at = np.where(beyond, _LATEST, divided.at)[source]
    inside = (at > start) & (at < end)
    all_rows = np.concatenate([divided.rows, rows])
    return Instants(
        rows=all_rows,
        place=_places(all_rows, len(divided.place)),
        at=np.concatenate([divided.at, np.clip(at, start, end)]),
        grade=np.concatenate([divided.grade, divided.grade[source]]),
        given=np.concatenate([divided.given, divided.given[source] & inside]),
        phase=np.concatenate([divided.phase, divided.phase[source]]),
        known=np.concatenate([divided.known, divided.known[source]]),
        whole=divided.whole,
        clamped=divided.clamped,
    )


def _places(rows: Ints, size: int) -> Ints:
    place = np.full(size, NONE, np.int64)
    place[rows] = np.arange(len(rows))
    return place
