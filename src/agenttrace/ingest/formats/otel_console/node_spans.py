"""One span that Node printed, as a span of the dialect layer.

Start and duration are microseconds, as numbers with a fraction; an event's time is a pair of seconds and
nanoseconds. (`ConsoleSpanExporter._exportInfo`)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.telemetry.flat import flattened
from agenttrace.ingest.telemetry.plain import (
    CLIENT,
    CONSUMER,
    FAILED,
    OK,
    PRODUCER,
    SERVER,
    PlainEvent,
    PlainLink,
    PlainSpan,
)
from agenttrace.ingest.telemetry.values import Scalar

_STATUS = {1: OK, 2: FAILED}
_KINDS = {1: SERVER, 2: CLIENT, 3: PRODUCER, 4: CONSUMER}
_NS_IN_US = 1000


def span_of_node(record: Mapping[str, Any]) -> PlainSpan:
    """The span."""
    start_ns = _from_us(record.get("timestamp"))
    length_ns = _from_us(record.get("duration"))
    parent = _object(record.get("parentSpanContext")).get("spanId") or record.get("parentId")
    return PlainSpan(
        trace_id=fields.text(record.get("traceId")),
        span_id=fields.text(record.get("id")),
        parent_id=fields.text(parent),
        name=fields.text(record.get("name")),
        start_ns=fields.instant(start_ns) or 0,
        end_ns=fields.instant(start_ns + length_ns) or 0 if start_ns and length_ns is not None else 0,
        status=_STATUS.get(_code(_object(record.get("status")).get("code")), 0),
        attributes=flattened(record.get("attributes")),
        events=tuple(_events(record.get("events"))),
        links=tuple(_links(record.get("links"))),
        scope=fields.text(_object(record.get("instrumentationScope")).get("name")) or "",
        resource=_texts(_object(_object(record.get("resource")).get("attributes"))),
        kind=_KINDS.get(_code(record.get("kind")), ""),
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _code(value: Any) -> int:
    return fields.small_count(value) or 0


def _from_us(value: Any) -> int | None:
    found = fields.number(value)
    return round(found * _NS_IN_US) if found is not None and 0 <= found < 2**53 else None


def _texts(attributes: Mapping[str, Any]) -> dict[str, str]:
    return {name: value for name, value in attributes.items() if isinstance(value, str)}


def _events(events: Any) -> Iterator[PlainEvent]:
    for event in events if isinstance(events, list) else ():
        name = fields.text(_object(event).get("name"))
        if name is not None:
            told = _object(event.get("attributes"))
            plain: dict[str, Scalar] = {
                key: value for key, value in told.items() if isinstance(value, str | int | float)
            }
            yield PlainEvent(name, _instant(event.get("time")), plain)


def _instant(pair: Any) -> int:
    if not isinstance(pair, list) or len(pair) != 2:
        return 0
    seconds, rest_ns = fields.small_count(pair[0]), fields.small_count(pair[1])
    if seconds is None or rest_ns is None or rest_ns >= 10**9:
        return 0
    return fields.instant(seconds * 10**9 + rest_ns) or 0


def _links(links: Any) -> Iterator[PlainLink]:
    for link in links if isinstance(links, list) else ():
        context = _object(_object(link).get("context"))
        trace, span = fields.text(context.get("traceId")), fields.text(context.get("spanId"))
        if trace is not None and span is not None:
            yield PlainLink(trace, span)
