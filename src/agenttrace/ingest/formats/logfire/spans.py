"""One row of Logfire's records, as a span of the dialect layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.json_text import parsed
from agenttrace.ingest.telemetry.flat import flattened
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.ingest.telemetry.names import PENDING_PARENT, RESOURCE, SPAN_TYPE
from agenttrace.ingest.telemetry.plain import FAILED, OK, PlainEvent, PlainLink, PlainSpan
from agenttrace.ingest.telemetry.values import Scalar

_STATUS = {"OK": OK, "ERROR": FAILED}
_ERROR_LEVEL = 17
_INSTANTS = frozenset({"log", "span_event"})


def is_copy(row: Mapping[str, Any]) -> bool:
    """Span events are rows too, besides being part of their span's row."""
    return row.get("kind") == "span_event"


def span_of(row: Mapping[str, Any], moments: Moments, line: int) -> PlainSpan:
    """The span. A pending one has the id of the span that it announces, unless it is as its SDK sent it."""
    kind = fields.text(row.get("kind")) or "span"
    attributes = flattened(_value(row.get("attributes")))
    announces = kind == "pending_span" and PENDING_PARENT not in attributes
    attributes[SPAN_TYPE] = "span" if announces else kind
    attributes.setdefault("error.type", fields.text(row.get("exception_type")))
    start = moments.read(row.get("start_timestamp"), "start_timestamp", line)
    return PlainSpan(
        trace_id=fields.text(row.get("trace_id")),
        span_id=fields.text(row.get("span_id")),
        parent_id=fields.text(row.get("parent_span_id")),
        name=fields.text(row.get("span_name")) or fields.text(row.get("message")),
        start_ns=start,
        end_ns=0 if announces else _end(row, kind, start, moments, line),
        status=_status(row),
        attributes=attributes,
        events=tuple(_events(_value(row.get("otel_events")), moments, line)),
        links=tuple(_links(_value(row.get("otel_links")))),
        scope=fields.text(row.get("otel_scope_name")) or "",
        resource=_resource(row),
    )


def _end(row: Mapping[str, Any], kind: str, start: int, moments: Moments, line: int) -> int:
    """The end; the start and the duration where a query did not select it. A log is an instant."""
    if row.get("end_timestamp") is not None:
        return moments.read(row["end_timestamp"], "end_timestamp", line)
    if kind in _INSTANTS:
        return start
    took = fields.duration_from_s(row.get("duration"))
    return 0 if took is None or not start else start + took


def _status(row: Mapping[str, Any]) -> int:
    code = _STATUS.get(str(row.get("otel_status_code")).upper(), 0)
    level = fields.integer(row.get("level"))
    failed = row.get("is_exception") is True and level is not None and level >= _ERROR_LEVEL
    return FAILED if failed else code


def _resource(row: Mapping[str, Any]) -> dict[str, str]:
    told = _value(row.get("otel_resource_attributes"))
    found = {
        name: word
        for name in RESOURCE
        if isinstance(told, dict) and (word := fields.text(told.get(name))) is not None
    }
    service = fields.text(row.get("service_name"))
    return found if service is None else {**found, "service.name": service}


def _events(events: Any, moments: Moments, line: int) -> Iterator[PlainEvent]:
    for event in events if isinstance(events, list) else ():
        if not isinstance(event, dict):
            continue
        name = fields.text(event.get("event_name")) or fields.text(event.get("name"))
        time = event.get("event_timestamp") or event.get("timestamp")
        told = event.get("attributes")
        plain: dict[str, Scalar] = {}
        if isinstance(told, dict):
            plain = {key: value for key, value in told.items() if isinstance(value, str | int | float)}
        if name is not None:
            yield PlainEvent(name, moments.read(time, "event_timestamp", line), plain)


def _links(links: Any) -> Iterator[PlainLink]:
    for link in links if isinstance(links, list) else ():
        told = link.get("context", link) if isinstance(link, dict) else None
        if isinstance(told, dict):
            trace, span = fields.text(told.get("trace_id")), fields.text(told.get("span_id"))
            if trace is not None and span is not None:
                yield PlainLink(trace, span)


def _value(value: Any) -> Any:
    """A JSON column: an object or list, or one written in a text (Arrow and CSV have it so)."""
    if isinstance(value, str):
        return parsed(value.encode(errors="replace")) if value[:1] in ("{", "[") else None
    return value
