"""OTLP/JSON inside other containers: answers of query services that hold `resourceSpans` somewhere.

Read value by value: a value of another type costs that value. OTLP of its own has a reader that is faster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.names import RESOURCE
from agenttrace.ingest.telemetry.plain import FAILED, OK, PlainEvent, PlainLink, PlainSpan, add_span
from agenttrace.ingest.telemetry.values import Scalar, nested_text
from agenttrace.model.otel_attributes import LINK_KIND
from agenttrace.model.vocabulary import Severity

Record = dict[str, Any]

_STATUS: dict[Any, int] = {
    1: OK,
    2: FAILED,
    "1": OK,
    "2": FAILED,
    "STATUS_CODE_OK": OK,
    "STATUS_CODE_ERROR": FAILED,
}


class ResourceSpans:
    """Reads such documents into an intake (made with `values.column_of`)."""

    def __init__(self, intake: Intake) -> None:
        """Nothing read yet."""
        self._intake = intake
        self._faults = 0

    def add(self, document: Record, key: str = "resourceSpans") -> None:
        """All spans of a document whose batches stand under `key`."""
        for batch in self._objects(document, key):
            resource = batch.get("resource")
            facts = self._facts(resource) if isinstance(resource, dict) else {}
            for group in self._groups(batch):
                for span in self._objects(group, "spans"):
                    line = self._intake.next_line(None)
                    add_span(self._intake, self._span(span, _scope(group), facts), line)

    def finish(self) -> None:
        """Says what was not as it should be, and records what is left."""
        self._intake.finish()
        if self._faults:
            self._intake.recorder.finding(
                "wrong_type",
                Severity.WARNING,
                "a value of another type than OTLP has: left out",
                count=self._faults,
            )

    def _groups(self, batch: Record) -> Iterator[Record]:
        yield from self._objects(batch, "scopeSpans")
        yield from self._objects(batch, "instrumentationLibrarySpans")

    def _facts(self, resource: Record) -> Mapping[str, str]:
        values = self._attributes(resource)
        return {name: str(values[name]) for name in RESOURCE if values.get(name) is not None}

    def _span(self, span: Record, scope: str, resource: Mapping[str, str]) -> PlainSpan:
        status = span.get("status")
        code = status.get("code") if isinstance(status, dict) else None
        return PlainSpan(
            trace_id=self._text(span, "traceId"),
            span_id=self._text(span, "spanId"),
            parent_id=self._text(span, "parentSpanId"),
            name=self._text(span, "name"),
            start_ns=self._ns(span, "startTimeUnixNano"),
            end_ns=self._ns(span, "endTimeUnixNano"),
            status=_STATUS.get(code, 0) if isinstance(code, (int, str)) else 0,
            attributes=self._attributes(span),
            events=[self._event(event) for event in self._objects(span, "events")],
            links=[self._link(link) for link in self._objects(span, "links")],
            scope=scope,
            resource=resource,
        )

    def _event(self, event: Record) -> PlainEvent:
        return PlainEvent(
            self._text(event, "name") or "", self._ns(event, "timeUnixNano"), self._attributes(event)
        )

    def _link(self, link: Record) -> PlainLink:
        attributes = self._attributes(link)
        follows = "follows_from" in attributes.values()
        own = attributes if LINK_KIND in attributes else None
        return PlainLink(self._text(link, "traceId") or "", self._text(link, "spanId") or "", follows, own)

    def _attributes(self, holder: Record) -> dict[str, Scalar]:
        found: dict[str, Scalar] = {}
        for pair in self._objects(holder, "attributes"):
            if isinstance(key := pair.get("key"), str):
                found[key] = self._value(pair.get("value"))
        return found

    def _value(self, value: Any) -> Scalar:
        plain = _plain(value)
        self._faults += plain is None and bool(value)
        return nested_text(plain) if isinstance(plain, (dict, list)) else plain

    def _objects(self, holder: Record, key: str) -> list[Record]:
        members = holder.get(key)
        if members is None:
            return []
        listed = members if isinstance(members, list) else []
        objects = [member for member in listed if isinstance(member, dict)]
        self._faults += len(listed) - len(objects) + (not isinstance(members, list))
        return objects

    def _text(self, holder: Record, key: str) -> str | None:
        value = holder.get(key)
        self._faults += value is not None and not isinstance(value, str)
        return fields.text(value)

    def _ns(self, holder: Record, key: str) -> int:
        value = holder.get(key)
        read = fields.integer(value)
        self._faults += read is None and value is not None
        return read or 0


def _scope(group: Record) -> str:
    scope = group.get("scope") or group.get("instrumentationLibrary")
    return (fields.text(scope.get("name")) if isinstance(scope, dict) else None) or ""


_SCALARS: dict[str, Any] = {
    "stringValue": lambda value: value if isinstance(value, str) else None,
    "intValue": fields.integer,
    "doubleValue": fields.number,
    "boolValue": fields.boolean,
    "bytesValue": lambda value: value if isinstance(value, str) else None,
}


def _plain(value: Any) -> Any:
    """An AnyValue without the names of its types; None for what is none."""
    if not isinstance(value, dict) or not value:
        return None
    kind, content = next(iter(value.items()))
    if kind in _SCALARS:
        return _SCALARS[kind](content)
    members = content.get("values") if isinstance(content, dict) else None
    if kind == "arrayValue":
        return [_plain(member) for member in members or ()] if isinstance(members, list | None) else None
    if kind == "kvlistValue" and isinstance(members, list):
        pairs = [member for member in members if isinstance(member, dict)]
        return {str(pair.get("key")): _plain(pair.get("value")) for pair in pairs}
    return None
