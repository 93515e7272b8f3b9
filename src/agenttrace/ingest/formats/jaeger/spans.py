"""A span of Jaeger as a plain span.

Times are microseconds. Status, scope and kind are tags, named as the OpenTelemetry collector translates
them (`otel.status_code`, `otel.scope.name`, older `otel.library.name`) or as OpenTracing has them (`error`,
`span.kind`). Integers beyond 2^53 are text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from agenttrace.ingest import fields
from agenttrace.ingest.telemetry.ids import whole_span_id, whole_trace_id
from agenttrace.ingest.telemetry.names import RESOURCE
from agenttrace.ingest.telemetry.plain import FAILED, OK, PlainEvent, PlainLink, PlainSpan
from agenttrace.ingest.telemetry.values import Scalar, nested_text

Record = dict[str, Any]

NS_IN_US = 1_000
_CHILD_OF, _FOLLOWS_FROM = "CHILD_OF", "FOLLOWS_FROM"
_SCOPES = ("otel.scope.name", "otel.library.name")
_STATUS = {"OK": OK, "ERROR": FAILED}


class Reference(NamedTuple):
    """Another span that a span names; a reference without a trace is to its own."""

    kind: str
    trace_id: str
    span_id: str


class Faults:
    """Counts the values of a source that were of another type than Jaeger's."""

    def __init__(self) -> None:
        """None yet."""
        self.count = 0

    def texts(self, record: Record, key: str) -> str:
        """Text, "" where there is none."""
        found = record.get(key)
        self.count += found is not None and not isinstance(found, str)
        return fields.text(found) or ""

    def microseconds(self, record: Record, key: str) -> int | None:
        """A number of microseconds, none of which is negative."""
        found = fields.integer(record.get(key))
        sound = found is not None and found >= 0
        self.count += not sound and record.get(key) is not None
        return found if sound else None

    def objects(self, record: Record, key: str) -> list[Record]:
        """The objects of a list; null is an empty one."""
        found = record.get(key)
        if found is None:
            return []
        members = found if isinstance(found, list) else []
        objects = [member for member in members if isinstance(member, dict)]
        self.count += len(members) - len(objects) + (not isinstance(found, list))
        return objects


def plain_span(span: Record, trace: Record, faults: Faults) -> PlainSpan:
    """The span; what is wrong with a value of it costs that value."""
    trace_id = whole_trace_id(faults.texts(span, "traceID") or faults.texts(trace, "traceID"))
    tags = _values(faults.objects(span, "tags"))
    references = _references(span, trace_id, faults)
    parent = _parent(references, trace_id)
    start, duration = faults.microseconds(span, "startTime"), faults.microseconds(span, "duration")
    known = start is not None and duration is not None
    return PlainSpan(
        trace_id=trace_id or None,
        span_id=whole_span_id(faults.texts(span, "spanID")) or None,
        parent_id=parent.span_id if parent else None,
        name=faults.texts(span, "operationName") or None,
        start_ns=(start or 0) * NS_IN_US,
        end_ns=((start or 0) + (duration or 0)) * NS_IN_US if known else 0,
        status=_status(tags),
        attributes=tags,
        events=[_event(log, faults) for log in faults.objects(span, "logs")],
        links=[PlainLink(other.trace_id, other.span_id) for other in references if other is not parent],
        scope=next((str(tags[name]) for name in _SCOPES if tags.get(name)), ""),
        resource=_resource(span, trace, faults),
        kind=str(tags.get("span.kind") or "").lower(),
        background=parent is not None and parent.kind == _FOLLOWS_FROM,
    )


def _references(span: Record, trace_id: str, faults: Faults) -> Sequence[Reference]:
    found = [
        Reference(
            faults.texts(reference, "refType"),
            whole_trace_id(faults.texts(reference, "traceID")) or trace_id,
            whole_span_id(faults.texts(reference, "spanID")),
        )
        for reference in faults.objects(span, "references")
    ]
    if not found and (parent := faults.texts(span, "parentSpanID")):
        found = [Reference(_CHILD_OF, trace_id, whole_span_id(parent))]
    return [reference for reference in found if reference.span_id]


def _parent(references: Sequence[Reference], trace_id: str) -> Reference | None:
    """The first that it is a child of, in the same trace; else the first that it follows from."""
    here = [reference for reference in references if reference.trace_id == trace_id]
    children = (reference for reference in here if reference.kind != _FOLLOWS_FROM)
    return next(children, here[0] if here else None)


def _values(pairs: Sequence[Record]) -> Mapping[str, Scalar]:
    """Tags by their keys; of two with one key the first."""
    found: dict[str, Scalar] = {}
    for pair in pairs:
        if isinstance(key := pair.get("key"), str):
            found.setdefault(key, _value(pair.get("value"), pair.get("type")))
    return found


def _value(value: Any, kind: Any) -> Scalar:
    if isinstance(value, str):
        told = {"int64": fields.integer, "float64": fields.number, "bool": fields.boolean}.get(str(kind))
        read = told(value) if told else None
        return value if read is None else read
    if isinstance(value, (dict, list)):
        return nested_text(value)
    return value if isinstance(value, (int, float)) else None


def _status(tags: Mapping[str, Scalar]) -> int:
    told = _STATUS.get(str(tags.get("otel.status_code", "")).upper(), 0)
    return FAILED if fields.boolean(tags.get("error")) else told


def _event(log: Record, faults: Faults) -> PlainEvent:
    values = _values(faults.objects(log, "fields"))
    name = values.get("event") or values.get("message") or ""
    t_us = faults.microseconds(log, "timestamp") or 0
    return PlainEvent(str(name), t_us * NS_IN_US, values)


def _resource(span: Record, trace: Record, faults: Faults) -> Mapping[str, str]:
    """The process, by its id in the trace, or inside the span as Jaeger's stores have it."""
    processes, number = trace.get("processes"), span.get("processID")
    by_id = processes.get(number) if isinstance(processes, dict) and isinstance(number, str) else None
    process = by_id if isinstance(by_id, dict) else span.get("process")
    if not isinstance(process, dict):
        return {}
    tags = _values(faults.objects(process, "tags"))
    found = {name: str(tags[name]) for name in RESOURCE if tags.get(name) is not None}
    service = faults.texts(process, "serviceName")
    return found | {"service.name": service} if service else found
