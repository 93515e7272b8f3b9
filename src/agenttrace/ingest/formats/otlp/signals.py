"""Which signal a protobuf message carries, told by the shapes of its fields: the outside is the same for all.

TracesData > ResourceSpans > ScopeSpans > Span         LogsData > ... > LogRecord   MetricsData > ... > Metric
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from agenttrace.ingest.formats.otlp.framing import FIXED64, LENGTH, VARINT, Bytes, Field, fields

_TRACE_ID_BYTES = 16
_SPAN_ID_BYTES = 8
_CHECKED = 8
_OUTER = frozenset({1, 2, 3, 1000})
_PRINTABLE = range(0x20, 0x7F)


class Signal(Enum):
    """What an OTLP message carries."""

    SPANS = "spans"
    LOGS = "logs"
    METRICS = "metrics"


def signal_of(resource_data: Bytes) -> Signal | None:
    """The signal of a ResourceSpans, ResourceLogs or ResourceMetrics, or the beginning of one."""
    for record in _records(resource_data):
        found = _signal(resource_data, record)
        if found is not None:
            return found
    return None


def is_resource_data(data: Bytes, begin: int, end: int) -> bool:
    """Whether the fields look like those of resource, scopes and schema URL; later versions may add others."""
    seen = False
    for count, found in enumerate(fields(data, begin, end)):
        if found.number in _OUTER:
            if found.wire != LENGTH or (found.number == 1 and not _is_resource(data, found)):
                return False
            seen = True
        if count > _CHECKED:
            break
    return seen


def _is_resource(data: Bytes, resource: Field) -> bool:
    """Attributes that are pairs of a printable key and a value."""
    for attribute in fields(data, resource.begin, resource.end):
        if attribute.number == 1 and attribute.wire == LENGTH:
            key = next(fields(data, attribute.begin, attribute.end), None)
            if key is None:
                return attribute.end > len(data)
            text = bytes(data[key.begin : key.end])
            return key.number == 1 and key.wire == LENGTH and all(byte in _PRINTABLE for byte in text)
    return True


def _records(data: Bytes) -> Iterator[Field]:
    """The first few spans, log records or metrics."""
    for scope in fields(data):
        if scope.number in (2, 1000) and scope.wire == LENGTH:
            inside = (each for each in fields(data, scope.begin, scope.end))
            records = (each for each in inside if each.number == 2 and each.wire == LENGTH)
            for _, record in zip(range(_CHECKED), records, strict=False):
                yield record


def _signal(data: Bytes, record: Field) -> Signal | None:
    shapes = {(each.number, each.wire): each.value for each in fields(data, record.begin, record.end)}
    ids = (shapes.get((1, LENGTH)), shapes.get((2, LENGTH)))
    if ids == (_TRACE_ID_BYTES, _SPAN_ID_BYTES) or shapes.keys() & {(7, FIXED64), (8, FIXED64)}:
        return Signal.SPANS
    if shapes.keys() & {(1, FIXED64), (11, FIXED64), (2, VARINT)}:
        return Signal.LOGS
    if (1, LENGTH) in shapes and shapes.keys() & {(number, LENGTH) for number in (5, 7, 9, 10, 11)}:
        return Signal.METRICS
    return None
