"""From typed JSON messages to columns: the hot loop of reading OTLP/JSON."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from agenttrace.ingest.formats.otlp.json_messages import Event, Link, NamedAttribute, Span, scalar
from agenttrace.ingest.formats.otlp.json_shapes import Shapes
from agenttrace.ingest.telemetry.events import EVENT_DETAILS, Dropped
from agenttrace.ingest.telemetry.spans import Events, Links, SpanBuilder
from agenttrace.ingest.telemetry.values import Scalar
from agenttrace.model.otel_attributes import LINK_KIND

STATUS: dict[int | str | None, int] = {
    "STATUS_CODE_OK": 1,
    "STATUS_CODE_ERROR": 2,
    "1": 1,
    "2": 2,
    1: 1,
    2: 2,
}
_LINK_KIND = f'"{LINK_KIND}"'.encode()
_ATTRIBUTES = msgspec.json.Decoder(list[NamedAttribute], strict=False)


def add_spans(
    builder: SpanBuilder,
    shapes: Shapes,
    spans: Sequence[Span],
    origin: int,
    lines: Sequence[int],
    dropped: Dropped,
) -> None:
    """Appends spans of one scope, their attributes to `shapes`; `lines` has the line of each."""
    builder.trace_id += [span.trace_id for span in spans]
    builder.span_id += [span.span_id for span in spans]
    builder.parent_id += [span.parent_span_id for span in spans]
    builder.name += [span.name for span in spans]
    builder.start += [span.start_time_unix_nano or 0 for span in spans]
    builder.end += [span.end_time_unix_nano or 0 for span in spans]
    builder.status += [STATUS.get(span.status.code, 0) if span.status else 0 for span in spans]
    builder.origin += [origin] * len(spans)
    row = builder.pending
    builder.line += lines
    shapes.add(row, [span.attributes for span in spans])
    for span in spans:
        if span.events:
            _add_events(builder.events, span.events, row)
        if span.links:
            add_links(builder.links, span.links, row)
        if span.dropped_attributes_count or span.dropped_events_count or span.dropped_links_count:
            dropped.add(_lost(span), builder.line[row])
        row += 1


def _lost(span: Span) -> int:
    counts = (span.dropped_attributes_count, span.dropped_events_count, span.dropped_links_count)
    return sum(count or 0 for count in counts)


def _add_events(into: Events, events: Sequence[Event], row: int) -> None:
    for event in events:
        detail = EVENT_DETAILS.get(event.name or "")
        if detail is not None:
            into.rows.append(row)
            into.names.append(event.name or "")
            into.times.append(event.time_unix_nano or 0)
            into.details.append(detail_of(event.attributes, detail))


def detail_of(attributes: msgspec.Raw | bytes, wanted: str) -> Scalar:
    """The attribute of this name, of the attributes of an event as JSON."""
    if not attributes or not wanted:
        return None
    try:
        found = _ATTRIBUTES.decode(attributes)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    for attribute in found:
        if attribute.key == wanted:
            return scalar(attribute.value)
    return None


def add_links(into: Links, links: Sequence[Link], row: int) -> None:
    """Appends links of the span in this row."""
    for link in links:
        into.rows.append(row)
        into.traces.append(link.trace_id or "")
        into.spans.append(link.span_id or "")
        attributes = bytes(link.attributes)
        into.follows.append(b'"follows_from"' in attributes)
        into.own.append(_own(link.attributes) if _LINK_KIND in attributes else None)


def _own(attributes: msgspec.Raw) -> dict[str, Scalar] | None:
    """The attributes of a link that we exported."""
    try:
        return {attribute.key: scalar(attribute.value) for attribute in _ATTRIBUTES.decode(attributes)}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
