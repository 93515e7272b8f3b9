"""A span of Zipkin's version 2 as a plain span.

Times are microseconds; 0 is none. All tags are text. Status, scope and events are written as
OpenTelemetry's exporter for Zipkin writes them: tags `otel.status_code` and `otel.scope.name`, `error` with
any text, and annotations `"name": {attributes}`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.zipkin.documents import Record
from agenttrace.ingest.telemetry.ids import whole_span_id, whole_trace_id
from agenttrace.ingest.telemetry.names import RESOURCE
from agenttrace.ingest.telemetry.plain import FAILED, OK, SERVER, PlainEvent, PlainSpan
from agenttrace.ingest.telemetry.values import Scalar

_NS_IN_US = 1_000
_SCOPES = ("otel.scope.name", "otel.library.name")
_LONGEST_EVENT = 10_000


class Faults:
    """Counts the values of a source that were of another type than Zipkin's."""

    def __init__(self) -> None:
        """None yet."""
        self.count = 0

    def texts(self, record: Record, key: str) -> str:
        """Text, "" where there is none."""
        found = record.get(key)
        self.count += found is not None and not isinstance(found, str)
        return fields.text(found) or ""

    def microseconds(self, record: Record, key: str) -> int:
        """A number of microseconds; 0 where there is none."""
        found = fields.integer(record.get(key))
        sound = found is not None and found >= 0
        self.count += not sound and record.get(key) is not None
        return found if found is not None and sound else 0

    def mapping(self, record: Record, key: str) -> Record:
        """An object, an empty one where there is none."""
        found = record.get(key)
        self.count += found is not None and not isinstance(found, dict)
        return found if isinstance(found, dict) else {}

    def objects(self, record: Record, key: str) -> list[Record]:
        """The objects of a list; null is an empty one."""
        found = record.get(key)
        members = found if isinstance(found, list) else []
        objects = [member for member in members if isinstance(member, dict)]
        self.count += len(members) - len(objects) + (found is not None and not isinstance(found, list))
        return objects


def plain_span(span: Record, faults: Faults) -> PlainSpan:
    """The span; what is wrong with a value of it costs that value."""
    tags = _tags(faults.mapping(span, "tags"), faults)
    start, duration = faults.microseconds(span, "timestamp"), faults.microseconds(span, "duration")
    service = faults.texts(faults.mapping(span, "localEndpoint"), "serviceName")
    kind = faults.texts(span, "kind").lower() or (SERVER if span.get("shared") is True else "")
    resource = {name: str(tags[name]) for name in RESOURCE if tags.get(name)}
    return PlainSpan(
        trace_id=whole_trace_id(faults.texts(span, "traceId").lower()) or None,
        span_id=whole_span_id(faults.texts(span, "id").lower()) or None,
        parent_id=whole_span_id(faults.texts(span, "parentId").lower()) or None,
        name=faults.texts(span, "name") or None,
        start_ns=start * _NS_IN_US,
        end_ns=(start + duration) * _NS_IN_US if start and span.get("duration") is not None else 0,
        status=_status(tags),
        attributes=tags,
        events=[_event(annotation, faults) for annotation in faults.objects(span, "annotations")],
        scope=next((str(tags[name]) for name in _SCOPES if tags.get(name)), ""),
        resource=resource | ({"service.name": service} if service else {}),
        kind=kind,
    )


def _tags(tags: Record, faults: Faults) -> Mapping[str, Scalar]:
    found: dict[str, Scalar] = {}
    for key, value in tags.items():
        if isinstance(value, (str, int, float)):
            found[key] = value
        else:
            faults.count += value is not None
    return found


def _status(tags: Mapping[str, Scalar]) -> int:
    told = str(tags.get("otel.status_code", "")).upper()
    failed = told == "ERROR" or ("error" in tags and fields.boolean(tags["error"]) is not False)
    return FAILED if failed else OK if told == "OK" else 0


def _event(annotation: Record, faults: Faults) -> PlainEvent:
    value = faults.texts(annotation, "value")
    name, attributes = _named(value)
    return PlainEvent(name, faults.microseconds(annotation, "timestamp") * _NS_IN_US, attributes)


def _named(value: str) -> tuple[str, Mapping[str, Any]]:
    """An event of OpenTelemetry's, `"name": {attributes}`; else text that is a name itself."""
    if value.startswith('"') and len(value) <= _LONGEST_EVENT:
        try:
            ((name, attributes),) = json.loads(f"{{{value}}}").items()
        except (ValueError, RecursionError):
            return value, {}
        return name, attributes if isinstance(attributes, dict) else {}
    return value, {}
