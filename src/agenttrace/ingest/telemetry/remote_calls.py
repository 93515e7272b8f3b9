"""Calls from one service to another, where both sides are in one source: their ids, and their clocks.

Tracers of Zipkin's school give both sides of a call one span id, and each service writes its own clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry.plain import CLIENT, CONSUMER, PRODUCER, SERVER, PlainSpan
from agenttrace.model.vocabulary import Severity

TOLERANCE_NS = 2_000_000
"""A server may seem to start so much before its call, for clocks that count whole milliseconds."""

_LARGEST_SHIFT_NS = 86_400 * 10**9
"""Beyond a day it is no clock but a damaged time."""

Key = tuple[str | None, str | None]
Servers = dict[str, set[int]]


def with_own_ids(spans: Sequence[PlainSpan]) -> list[PlainSpan]:
    """Both sides of a call with ids of their own, in the same order.

    The server's side becomes a child of the client's; what its service did inside the call is its child.
    A service that answered again, at another time, has another span.
    """
    sides: dict[Key, list[PlainSpan]] = defaultdict(list)
    for span in spans:
        sides[span.trace_id, span.span_id].append(span)
    servers = {key: _servers(found) for key, found in sides.items() if len(found) > 1}
    return [_renamed(span, servers) for span in spans]


def _servers(sides: Sequence[PlainSpan]) -> Servers:
    """The services that answered a call under the client's id, and when; none if nobody else has the id.

    A span may also be reported in pieces: those of its own service are no other side.
    """
    answered: Servers = {}
    for side in sides:
        if side.kind == SERVER:
            answered.setdefault(side.service, set()).update({side.start_ns} - {0})
    asked = (side.kind == CLIENT or _is_elsewhere(side, answered) for side in sides if side.kind != SERVER)
    return answered if any(asked) else {}


def _is_elsewhere(side: PlainSpan, answered: Servers) -> bool:
    return bool(side.service) and side.service not in answered


def _renamed(span: PlainSpan, servers: dict[Key, Servers]) -> PlainSpan:
    parent = span.parent_id
    if span.service in servers.get((span.trace_id, parent), ()):
        parent = f"{parent}@{span.service or SERVER}"
    answered = servers.get((span.trace_id, span.span_id), {})
    if span.service in answered and span.kind in (SERVER, ""):
        earlier = sum(start < span.start_ns for start in answered[span.service])
        again = f".{earlier + 1}" if earlier else ""
        own = f"{span.span_id}@{span.service or SERVER}{again}"
        return replace(span, span_id=own, parent_id=span.span_id)
    return span if parent == span.parent_id else replace(span, parent_id=parent)


def handed_over(spans: Sequence[PlainSpan]) -> list[PlainSpan]:
    """Consumers of messages in the background of their producers, who wait for nobody to take a message."""
    producers = {(span.trace_id, span.span_id) for span in spans if span.kind == PRODUCER}
    return [
        replace(span, background=True)
        if span.kind == CONSUMER and (span.trace_id, span.parent_id) in producers
        else span
        for span in spans
    ]


def on_one_clock(spans: Sequence[PlainSpan], recorder: Recorder) -> list[PlainSpan]:
    """Spans whose service's clock is behind that of its caller moved into the call, in the same order.

    Only what cannot be is corrected: a server that starts before it is called. The answer is taken to
    have travelled as long as the question, so the times are estimated. What the service did inside moves
    along. A server that ends after its caller may be right: the caller gave up.
    """
    shifts = _shifts(spans)
    moved = [shift for shift in shifts if shift]
    if moved:
        recorder.finding(
            "clock_shifted",
            Severity.INFO,
            "a service's clock is behind that of its caller, by up to "
            f"{max(moved) / 1e6:.3f} ms: its spans are moved into the call",
            count=len(moved),
        )
    return [_moved(span, shift) if shift else span for span, shift in zip(spans, shifts, strict=True)]


def _shifts(spans: Sequence[PlainSpan]) -> list[int]:
    """Nanoseconds to add to each span, from callers to what they called."""
    place = {(span.trace_id, span.span_id): number for number, span in enumerate(spans)}
    shifts = [0] * len(spans)
    for parent, child in _downwards(spans, place):
        outer, inner = spans[parent], spans[child]
        if not inner.service or inner.service == outer.service:
            shifts[child] = shifts[parent]
        elif outer.kind == CLIENT and inner.kind == SERVER:
            shifts[child] = _shift(outer, shifts[parent], inner)
    return shifts


def _downwards(spans: Sequence[PlainSpan], place: dict[Key, int]) -> Iterator[tuple[int, int]]:
    """(parent, child) for every span that has one here, parents first; spans on a cycle are left out."""
    children: dict[int, list[int]] = defaultdict(list)
    roots = []
    for number, span in enumerate(spans):
        parent = place.get((span.trace_id, span.parent_id))
        if parent is None:
            roots.append(number)
        else:
            children[parent].append(number)
    while roots:
        parent = roots.pop()
        for child in children.pop(parent, ()):
            yield parent, child
            roots.append(child)


def _shift(call: PlainSpan, call_shift: int, answer: PlainSpan) -> int:
    if not (0 < call.start_ns <= call.end_ns and 0 < answer.start_ns <= answer.end_ns):
        return 0
    early = call.start_ns + call_shift - answer.start_ns
    if not TOLERANCE_NS < early <= _LARGEST_SHIFT_NS:
        return 0
    travel = (call.end_ns - call.start_ns) - (answer.end_ns - answer.start_ns)
    return early + max(0, travel) // 2


def _moved(span: PlainSpan, shift: int) -> PlainSpan:
    return replace(
        span,
        start_ns=span.start_ns + shift if span.start_ns > 0 else span.start_ns,
        end_ns=span.end_ns + shift if span.end_ns > 0 else span.end_ns,
        events=[replace(event, t_ns=event.t_ns + shift) if event.t_ns else event for event in span.events],
        clock_shift_ns=shift,
    )
