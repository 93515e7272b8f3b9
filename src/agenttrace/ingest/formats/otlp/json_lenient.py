"""OTLP/JSON whose types are not those of the standard: read value by value, each fault worth one value.

Slow, and only for documents that the typed decoder refuses. It gives the same messages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from agenttrace.ingest import fields
from agenttrace.ingest.formats.otlp.json_messages import (
    NOTHING,
    CodedAttribute,
    Document,
    Event,
    Link,
    LogRecord,
    NamedAttribute,
    Resource,
    ResourceData,
    Scope,
    ScopeLogs,
    ScopeSpans,
    Span,
    Status,
    Value,
)
from agenttrace.ingest.telemetry.names import code_of


class Lenient:
    """Reads documents; `faults` counts the values that were not what they should be, `skipped` the spans."""

    def __init__(self) -> None:
        """Nothing wrong yet."""
        self.faults = 0

    def decode(self, data: bytes) -> Document:
        """The document. Raises ValueError or RecursionError if it is no JSON at all."""
        return self._document(json.loads(data.decode(errors="replace")))

    def _document(self, found: Any) -> Document:
        inner = self._resource_data(found)
        metrics = found.get("resourceMetrics") if isinstance(found, dict) else None
        return Document(
            resource=inner.resource,
            scope_spans=inner.scope_spans,
            instrumentation_library_spans=inner.instrumentation_library_spans,
            scope_logs=inner.scope_logs,
            instrumentation_library_logs=inner.instrumentation_library_logs,
            resource_spans=[self._resource_data(each) for each in self._objects(found, "resourceSpans")],
            resource_logs=[self._resource_data(each) for each in self._objects(found, "resourceLogs")],
            resource_metrics=[msgspec.Raw(b"{}")] * len(metrics) if isinstance(metrics, list) else None,
        )

    def _resource_data(self, found: Any) -> ResourceData:
        if not isinstance(found, dict):
            self.faults += 1
            return ResourceData()
        resource = found.get("resource")
        return ResourceData(
            resource=Resource(list(self._named(resource))) if isinstance(resource, dict) else None,
            scope_spans=[self._scope_spans(each) for each in self._objects(found, "scopeSpans")],
            instrumentation_library_spans=[
                self._scope_spans(each) for each in self._objects(found, "instrumentationLibrarySpans")
            ],
            scope_logs=[self._scope_logs(each) for each in self._objects(found, "scopeLogs")],
            instrumentation_library_logs=[
                self._scope_logs(each) for each in self._objects(found, "instrumentationLibraryLogs")
            ],
        )

    def _scope_spans(self, found: dict[str, Any]) -> ScopeSpans:
        return ScopeSpans(
            scope=_scope(found), spans=[self._span(each) for each in self._objects(found, "spans")]
        )

    def _scope_logs(self, found: dict[str, Any]) -> ScopeLogs:
        records = [*self._objects(found, "logRecords"), *self._objects(found, "logs")]
        return ScopeLogs(scope=_scope(found), log_records=[self._log_record(each) for each in records])

    def _span(self, found: dict[str, Any]) -> Span:
        status = found.get("status")
        return Span(
            trace_id=self._text(found, "traceId"),
            span_id=self._text(found, "spanId"),
            parent_span_id=self._text(found, "parentSpanId"),
            name=self._text(found, "name"),
            start_time_unix_nano=self._whole(found, "startTimeUnixNano"),
            end_time_unix_nano=self._whole(found, "endTimeUnixNano"),
            attributes=list(self._coded(found)),
            events=[self._event(each) for each in self._objects(found, "events")],
            links=[self._link(each) for each in self._objects(found, "links")],
            status=Status(_code(status.get("code"))) if isinstance(status, dict) else None,
            dropped_attributes_count=self._integer(found, "droppedAttributesCount"),
            dropped_events_count=self._integer(found, "droppedEventsCount"),
            dropped_links_count=self._integer(found, "droppedLinksCount"),
        )

    def _event(self, found: dict[str, Any]) -> Event:
        return Event(
            name=self._text(found, "name"),
            time_unix_nano=self._whole(found, "timeUnixNano"),
            attributes=_raw(self._clean_attributes(found)),
        )

    def _link(self, found: dict[str, Any]) -> Link:
        return Link(
            trace_id=self._text(found, "traceId"),
            span_id=self._text(found, "spanId"),
            attributes=_raw(self._clean_attributes(found)),
        )

    def _log_record(self, found: dict[str, Any]) -> LogRecord:
        return LogRecord(
            time_unix_nano=self._whole(found, "timeUnixNano"),
            observed_time_unix_nano=self._whole(found, "observedTimeUnixNano"),
            trace_id=self._text(found, "traceId"),
            body=self._value(found.get("body")) if found.get("body") is not None else None,
            attributes=list(self._named(found)),
            event_name=self._text(found, "eventName"),
        )

    def _clean_attributes(self, found: dict[str, Any]) -> list[Any]:
        return [{"key": attribute.key, "value": attribute.value} for attribute in self._named(found)]

    def _named(self, found: dict[str, Any]) -> Iterator[NamedAttribute]:
        for pair in self._objects(found, "attributes"):
            if (key := self._text(pair, "key")) is not None:
                yield NamedAttribute(key, self._value(pair.get("value")))

    def _coded(self, found: dict[str, Any]) -> Iterator[CodedAttribute]:
        for pair in self._objects(found, "attributes"):
            key = self._text(pair, "key")
            if key is not None and (code := code_of(key)) >= 0:
                yield CodedAttribute(code, self._value(pair.get("value")))

    def _value(self, found: Any) -> Value | None:
        if not isinstance(found, dict):
            self.faults += found is not None
            return None
        read = Value(
            string_value=_string(found.get("stringValue")),
            int_value=_whole(found.get("intValue")),
            double_value=_number(found.get("doubleValue")),
            bool_value=fields.boolean(found.get("boolValue")),
            bytes_value=_string(found.get("bytesValue")),
            array_value=_raw(found.get("arrayValue")),
            kvlist_value=_raw(found.get("kvlistValue")),
        )
        self.faults += read == Value() and any(value is not None for value in found.values())
        return read

    def _objects(self, found: Any, key: str) -> list[dict[str, Any]]:
        """The objects in a list of `found`; what else is in it is a fault."""
        members = found.get(key) if isinstance(found, dict) else None
        if members is None:
            return []
        if not isinstance(members, list):
            self.faults += 1
            return []
        objects = [member for member in members if isinstance(member, dict)]
        self.faults += len(members) - len(objects)
        return objects

    def _text(self, found: dict[str, Any], key: str) -> str | None:
        value = found.get(key)
        self.faults += value is not None and not isinstance(value, str)
        return fields.text(value)

    def _whole(self, found: dict[str, Any], key: str) -> int | None:
        value = found.get(key)
        read = _whole(value)
        self.faults += read is None and value is not None
        return read

    def _integer(self, found: dict[str, Any], key: str) -> int | None:
        value = found.get(key)
        read = fields.integer(value)
        self.faults += read is None and value is not None
        return read


def _whole(value: Any) -> int | None:
    """An integer of any size; what is out of range is for others to find."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return fields.integer(value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def _scope(found: dict[str, Any]) -> Scope | None:
    scope = found.get("scope") or found.get("instrumentationLibrary")
    return Scope(fields.text(scope.get("name"))) if isinstance(scope, dict) else None


def _code(value: Any) -> int | str | None:
    return value if isinstance(value, (int, str)) else None


def _string(value: Any) -> str | None:
    """Text, also an empty one."""
    return value and fields.text(value) if isinstance(value, str) else None


def _raw(value: Any) -> msgspec.Raw:
    if value is None:
        return NOTHING
    try:
        return msgspec.Raw(msgspec.json.encode(value))
    except (TypeError, ValueError, RecursionError):
        return NOTHING
