"""One record of Phoenix, as a span of the dialect layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.telemetry.flat import flattened
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.ingest.telemetry.plain import FAILED, OK, PlainEvent, PlainSpan
from agenttrace.ingest.telemetry.values import Scalar

_KIND = "openinference.span.kind"
_COLUMN = "attributes."
_STATUS = {"OK": OK, "ERROR": FAILED}


def span_of(record: Mapping[str, Any], moments: Moments, line: int) -> PlainSpan:
    """The span. Ids are any text: Phoenix takes what its clients send."""
    context = record.get("context")
    ids = context if isinstance(context, dict) else {}
    kind = fields.text(record.get("span_kind"))
    attributes = _attributes(record)
    if kind is not None:
        attributes.setdefault(_KIND, kind.upper())
    conversation = record.get("conversation")
    if isinstance(conversation, dict) and (found := fields.text(conversation.get("conversation_id"))):
        attributes.setdefault("session.id", found)
    return PlainSpan(
        trace_id=_id(ids.get("trace_id", record.get("context.trace_id"))),
        span_id=_id(ids.get("span_id", record.get("context.span_id"))),
        parent_id=_id(record.get("parent_id")),
        name=fields.text(record.get("name")),
        start_ns=moments.read(record.get("start_time"), "start_time", line),
        end_ns=moments.read(record.get("end_time"), "end_time", line),
        status=_STATUS.get(str(record.get("status_code")).upper(), 0),
        attributes=attributes,
        events=tuple(_events(record.get("events"), moments, line)),
        resource={"service.name": "phoenix"},
    )


def _id(value: Any) -> str | None:
    """As text. An id of zeros only, which OpenTelemetry takes for none, is one of an anonymised export."""
    found = fields.text(value)
    return "0" if found is not None and not found.strip("0") else found


def _attributes(record: Mapping[str, Any]) -> dict[str, Scalar]:
    """Those of the record, flat or nested; in a data frame each has a column."""
    columns = {name.removeprefix(_COLUMN): value for name, value in record.items() if _COLUMN in name[:11]}
    return {**flattened(columns), **flattened(record.get("attributes"))}


def _events(events: Any, moments: Moments, line: int) -> Iterator[PlainEvent]:
    for event in events if isinstance(events, list) else ():
        name = fields.text(event.get("name")) if isinstance(event, dict) else None
        if name is not None:
            told = event.get("attributes")
            plain = {k: v for k, v in told.items() if isinstance(v, str)} if isinstance(told, dict) else {}
            yield PlainEvent(name, moments.read(event.get("timestamp"), "timestamp", line), plain)
