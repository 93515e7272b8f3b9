"""From protobuf messages to the same columns as from JSON, and to the same log records."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from agenttrace.ingest.telemetry.events import EVENT_DETAILS, Dropped
from agenttrace.ingest.telemetry.names import RESOURCE, code_of
from agenttrace.ingest.telemetry.spans import Events, Links, SpanBuilder
from agenttrace.ingest.telemetry.values import Scalar, json_text
from agenttrace.model.otel_attributes import LINK_KIND

_KEYS_KEPT = 10_000
_OF_RESOURCE = frozenset(RESOURCE)


class Codes(dict[str, int]):
    """The code of each attribute key, remembered."""

    def __missing__(self, key: str) -> int:
        """The code of a key that is new."""
        code = code_of(key)
        if len(self) < _KEYS_KEPT:
            self[key] = code
        return code


def add_spans(
    builder: SpanBuilder, spans: Iterable[Span], origin: int, codes: Codes, dropped: Dropped, number: int
) -> int:
    """Appends spans of one scope, the first of which is record `number`; the number of the next record."""
    rows, values = builder.attribute_rows, builder.attribute_values
    row = builder.pending
    for span in spans:
        builder.trace_id.append(span.trace_id.hex())
        builder.span_id.append(span.span_id.hex())
        builder.parent_id.append(span.parent_span_id.hex())
        builder.name.append(span.name)
        builder.start.append(span.start_time_unix_nano)
        builder.end.append(span.end_time_unix_nano)
        builder.status.append(span.status.code if 0 <= span.status.code <= 2 else 0)
        builder.origin.append(origin)
        builder.line.append(number)
        for attribute in span.attributes:
            code = codes[attribute.key]
            if code >= 0:
                rows[code].append(row)
                values[code].append(scalar(attribute.value))
        for event in span.events:
            add_event(builder.events, event, row)
        for link in span.links:
            add_link(builder.links, link, row)
        lost = span.dropped_attributes_count + span.dropped_events_count + span.dropped_links_count
        if lost:
            dropped.add(lost, number)
        row += 1
        number += 1
    return number


def add_event(events: Events, event: Span.Event, row: int) -> None:
    """Appends an event of the span in this row, if it is one that is read."""
    detail = EVENT_DETAILS.get(event.name)
    if detail is not None:
        events.rows.append(row)
        events.names.append(event.name)
        events.times.append(event.time_unix_nano)
        found = (scalar(each.value) for each in event.attributes if each.key == detail)
        events.details.append(next(found, None) if detail else None)


def add_link(links: Links, link: Span.Link, row: int) -> None:
    """Appends a link of the span in this row."""
    links.rows.append(row)
    links.traces.append(link.trace_id.hex())
    links.spans.append(link.span_id.hex())
    attributes = attributes_of(link.attributes)
    links.follows.append("follows_from" in attributes.values())
    links.own.append(attributes if LINK_KIND in attributes else None)


def scalar(value: AnyValue) -> Scalar:
    """The value itself; a nested one as JSON text; bytes as base64 text."""
    kind = value.WhichOneof("value")
    if kind in ("array_value", "kvlist_value"):
        return json_text(plain(value))
    found = plain(value)
    return found if isinstance(found, (str, int, float, bool)) else None


def plain(value: AnyValue) -> Any:
    """An AnyValue without the names of its types."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(each) for each in value.array_value.values]
    if kind == "kvlist_value":
        return {each.key: plain(each.value) for each in value.kvlist_value.values}
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value).decode()
    return None if kind is None else getattr(value, kind)


def attributes_of(pairs: Iterable[KeyValue], wanted: frozenset[str] | None = None) -> Mapping[str, Scalar]:
    """Attributes as a mapping; all of them unless some are wanted."""
    return {pair.key: scalar(pair.value) for pair in pairs if wanted is None or pair.key in wanted}


def facts_of(resource: Iterable[KeyValue]) -> dict[str, str]:
    """What is wanted of the attributes of a resource, as text."""
    wanted = attributes_of(resource, _OF_RESOURCE)
    return {key: str(value) for key, value in wanted.items() if value is not None}
