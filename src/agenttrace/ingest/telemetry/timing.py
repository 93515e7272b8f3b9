"""When a request's first token came, and what is known of the times before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agenttrace.ingest import fields
from agenttrace.ingest.fields import LATEST_NS
from agenttrace.ingest.telemetry import names
from agenttrace.ingest.telemetry.arrow import Ints, Mask, Names, labelled
from agenttrace.ingest.telemetry.classify import Classes
from agenttrace.ingest.telemetry.concepts import coded, counts, durations, instants, nullable, unknowns
from agenttrace.ingest.telemetry.notes import Notes
from agenttrace.ingest.telemetry.roles import Dialect, Role
from agenttrace.ingest.telemetry.spans import Spans
from agenttrace.ingest.telemetry.values import UNKNOWN, Scalar
from agenttrace.model.vocabulary import Evidence, Severity

TOLERANCE_NS = 2_000_000
"""Clocks that count whole milliseconds may put a first token so far behind the end of its request."""

_FIRST_TOKEN_EVENTS = frozenset(
    {"First Token Stream Event", "gen_ai.content.completion.chunk", "llm.content.completion.chunk"}
)
_FIRST_CHUNK_EVENT = "ai.stream.firstChunk"
_TOKEN_EVENTS = _FIRST_TOKEN_EVENTS | {_FIRST_CHUNK_EVENT}
ATTEMPT_EVENT = "gen_ai.request.attempt"
_EVIDENCE = tuple(Evidence)
_STATED = ("queue", "prefill", "first_token", "decode")


@dataclass(frozen=True, slots=True)
class Timing:
    """Of each span, in nanoseconds; UNKNOWN where it is no request or does not say.

    `stated`: the evidence that a span itself states, as a place among all sorts of evidence.
    """

    end: Ints
    end_derived: Mask
    first_token: Ints
    first_token_derived: Mask
    queue: Ints
    prefill: Ints
    decode: Ints
    between_tokens: Ints
    stated: Mapping[str, NDArray[np.int8]]

    def columns(self) -> Mapping[str, Any]:
        """Columns of RAW_SPANS."""
        measured = np.zeros(len(self.queue), np.bool_)
        return {
            "queue_ns": nullable(self.queue),
            "queue_evidence": evidence(self.queue, measured, self.stated["queue"]),
            "prefill_ns": nullable(self.prefill),
            "prefill_evidence": evidence(self.prefill, measured, self.stated["prefill"]),
            "first_token_ns": nullable(self.first_token),
            "first_token_evidence": evidence(
                self.first_token, self.first_token_derived, self.stated["first_token"]
            ),
            "decode_ns": nullable(self.decode),
            "decode_evidence": evidence(
                self.decode, self.first_token_derived | self.end_derived, self.stated["decode"]
            ),
            "itl_ns": nullable(self.between_tokens),
        }


def evidence(of: Ints, derived: Mask, stated: NDArray[np.int8] | None = None) -> Names:
    """What is stated, else measured or derived; null where there is nothing to know."""
    codes = np.where(derived, _EVIDENCE.index(Evidence.DERIVED), _EVIDENCE.index(Evidence.MEASURED))
    if stated is not None:
        codes = np.where(stated == UNKNOWN, codes, stated)
    return labelled(np.where(of == UNKNOWN, UNKNOWN, codes), _EVIDENCE, UNKNOWN)


def time_requests(spans: Spans, classes: Classes, notes: Notes) -> Timing:
    """What the dialects say of the phases of requests. Nothing is split that a source does not split."""
    requests = classes.has_role(Role.REQUEST)
    start = np.where(spans.start > 0, spans.start, UNKNOWN)
    end = np.where((spans.end > 0) & (spans.end >= spans.start), spans.end, UNKNOWN)
    whole = durations(spans, names.WHOLE, notes)
    end_derived = requests & (end == UNKNOWN) & (whole != UNKNOWN) & (start != UNKNOWN)
    end = np.where(end_derived, start + whole, end)
    first, first_derived = _first_token(spans, classes, start, notes)
    first = _within(first, start, end, spans, notes)
    sglang = classes.speaks(Dialect.SGLANG)
    decode = durations(spans, names.DECODE, notes)
    rest = np.where((first != UNKNOWN) & (end != UNKNOWN), end - first, UNKNOWN)
    return Timing(
        end=end,
        end_derived=end_derived,
        first_token=first,
        first_token_derived=first_derived,
        queue=_only(requests, durations(spans, names.QUEUE, notes)),
        prefill=_only(requests & ~sglang, durations(spans, names.PREFILL, notes)),
        decode=_only(requests, np.where(decode != UNKNOWN, decode, rest)),
        between_tokens=_only(requests, durations(spans, names.BETWEEN_TOKENS, notes)),
        stated={name: coded(spans, names.EVIDENCE[name], _EVIDENCE) for name in _STATED},
    )


def _only(where: Mask, values: Ints) -> Ints:
    return np.where(where, values, UNKNOWN)


def _first_token(spans: Spans, classes: Classes, start: Ints, notes: Notes) -> tuple[Ints, Mask]:
    """The time to the first token, counted from the start or from the last attempt; else an instant."""
    requests = classes.has_role(Role.REQUEST)
    ttft = durations(spans, names.TTFT, notes)
    last, seen = _attempts(spans)
    attempt = counts(spans, names.ATTEMPT, notes)
    retried = (seen > 1) | (classes.speaks(Dialect.CLAUDE_CODE) & (attempt > 1))
    begin = np.where(retried, last, start)
    counted = (ttft != UNKNOWN) & (begin != UNKNOWN)
    found = np.where(counted, begin + ttft, UNKNOWN)
    for other in (instants(spans, names.FIRST_TOKEN_TIME, notes), _first_events(spans, start)):
        found = np.where(found == UNKNOWN, other, found)
    return _only(requests, found), requests & counted & retried


def attempts_in(spans: Spans) -> tuple[Ints, Ints]:
    """The rows of the spans and the instants at which attempts began, in the order of the events."""
    events = spans.events
    began = np.array([name == ATTEMPT_EVENT for name in events.names], np.bool_)
    times = [time if 0 < time <= LATEST_NS else UNKNOWN for time in compress(events.times, began)]
    known = np.array(times, np.int64) != UNKNOWN
    return np.array(events.rows, np.int64)[began][known], np.array(times, np.int64)[known]


def _attempts(spans: Spans) -> tuple[Ints, Ints]:
    """The instant at which the last attempt of each span began, and the number of attempts seen."""
    last = unknowns(spans)
    rows, times = attempts_in(spans)
    np.maximum.at(last, rows, times)
    return last, np.bincount(rows, minlength=len(spans))


def _first_events(spans: Spans, start: Ints) -> Ints:
    """The first event that marks a token, or says how long the first one took."""
    found = unknowns(spans)
    events = spans.events
    if _TOKEN_EVENTS.isdisjoint(events.names):
        return found
    for row, name, time, detail in zip(events.rows, events.names, events.times, events.details, strict=True):
        instant = UNKNOWN
        if name in _FIRST_TOKEN_EVENTS and 0 < time <= LATEST_NS:
            instant = time
        elif name == _FIRST_CHUNK_EVENT:
            instant = time if 0 < time <= LATEST_NS else _counted(int(start[row]), detail)
        if instant != UNKNOWN and (found[row] == UNKNOWN or instant < found[row]):
            found[row] = instant
    return found


def _counted(start: int, took_ms: Scalar) -> int:
    ns = fields.duration_from_ms(took_ms)
    return UNKNOWN if ns is None or start == UNKNOWN else start + ns


def _within(first: Ints, start: Ints, end: Ints, spans: Spans, notes: Notes) -> Ints:
    """A first token outside of its request is unknown; one hardly behind its end is at its end."""
    known = first != UNKNOWN
    late = known & (end != UNKNOWN) & (first > end)
    close = late & (first <= end + TOLERANCE_NS)
    outside = (late & ~close) | (known & (start != UNKNOWN) & (first < start))
    notes.note(
        "first_token_clipped",
        Severity.INFO,
        "a first token up to 2 ms behind the end of its request: taken as the end",
        spans.line,
        close,
    )
    notes.note(
        "first_token_outside",
        Severity.WARNING,
        "a first token outside of its request: unknown",
        spans.line,
        outside,
    )
    return np.where(outside, UNKNOWN, np.where(close, end, first))
