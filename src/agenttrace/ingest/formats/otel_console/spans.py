"""One printed span, as a span of the dialect layer.

Ids are numbers in hexadecimal, with 0x in front; instants are text in UTC, to the microsecond; a list of attributes
is a list; older versions print the resource's attributes without a level of their own. (`ReadableSpan.to_json`)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.telemetry.flat import flattened
from agenttrace.ingest.telemetry.moments import Moments
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

_STATUS = {"OK": OK, "ERROR": FAILED}
_KINDS = {"CLIENT": CLIENT, "SERVER": SERVER, "PRODUCER": PRODUCER, "CONSUMER": CONSUMER}
_TRACE_DIGITS, _SPAN_DIGITS = 32, 16


def span_of(record: Mapping[str, Any], moments: Moments, line: int) -> PlainSpan:
    """The span."""
    context = _object(record.get("context"))
    status = str(_object(record.get("status")).get("status_code")).rpartition(".")[2]
    return PlainSpan(
        trace_id=_id(context.get("trace_id"), _TRACE_DIGITS),
        span_id=_id(context.get("span_id"), _SPAN_DIGITS),
        parent_id=_id(record.get("parent_id"), _SPAN_DIGITS),
        name=fields.text(record.get("name")),
        start_ns=moments.read(record.get("start_time"), "start_time", line),
        end_ns=moments.read(record.get("end_time"), "end_time", line),
        status=_STATUS.get(status, 0),
        attributes=flattened(record.get("attributes")),
        events=tuple(_events(record.get("events"), moments, line)),
        links=tuple(_links(record.get("links"))),
        resource=_resource(_object(record.get("resource"))),
        kind=_KINDS.get(str(record.get("kind")).rpartition(".")[2], ""),
    )


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _id(value: Any, digits: int) -> str | None:
    """As OTLP has it: so many digits, none of them capital."""
    found = fields.text(value)
    return None if found is None else found.removeprefix("0x").lower().rjust(digits, "0")


def _events(events: Any, moments: Moments, line: int) -> Iterator[PlainEvent]:
    for event in events if isinstance(events, list) else ():
        name = fields.text(_object(event).get("name"))
        if name is not None:
            told = _object(event.get("attributes"))
            plain: dict[str, Scalar] = {
                key: value for key, value in told.items() if isinstance(value, str | int | float)
            }
            yield PlainEvent(name, moments.read(event.get("timestamp"), "timestamp", line), plain)


def _links(links: Any) -> Iterator[PlainLink]:
    for link in links if isinstance(links, list) else ():
        context = _object(_object(link).get("context"))
        trace, span = _id(context.get("trace_id"), _TRACE_DIGITS), _id(context.get("span_id"), _SPAN_DIGITS)
        if trace is not None and span is not None:
            yield PlainLink(trace, span)


def _resource(resource: Mapping[str, Any]) -> dict[str, str]:
    told = resource.get("attributes", resource)
    return {name: value for name, value in _object(told).items() if isinstance(value, str)}
