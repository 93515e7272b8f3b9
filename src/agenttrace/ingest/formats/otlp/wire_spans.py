"""Spans out of a buffer of messages, as columns: the same as `protobuf_spans` makes one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from agenttrace.ingest.formats.otlp.framing import FIXED64, LENGTH, VARINT
from agenttrace.ingest.formats.otlp.protobuf_spans import Codes, add_link
from agenttrace.ingest.formats.otlp.wire import Fields, Ints, Octets, fields_of, fixed64
from agenttrace.ingest.formats.otlp.wire_attributes import attributes_at
from agenttrace.ingest.formats.otlp.wire_events import events_at
from agenttrace.ingest.formats.otlp.wire_texts import hex_ids
from agenttrace.ingest.shredded import UnusualShapeError
from agenttrace.ingest.telemetry.spans import Links, Part
from agenttrace.ingest.telemetry.values import LARGEST
from agenttrace.ingest.text_columns import texts_at

_TRACE_ID, _SPAN_ID, _PARENT_ID, _NAME, _START, _END, _ATTRIBUTES = 1, 2, 4, 5, 7, 8, 9
_EVENTS, _LINKS, _STATUS = 11, 13, 15
_DROPPED = (10, 12, 14)
_STATUS_CODE = 3
_HIGHEST_CODE = 2


@dataclass(frozen=True, slots=True)
class Places:
    """Where spans lie in a buffer, the number of the origin of each, and that of its record."""

    begin: Ints
    end: Ints
    origin: Ints
    line: Ints


@dataclass(frozen=True, slots=True)
class Scanned:
    """Some spans. `lost`: of each how much its exporter dropped."""

    part: Part
    lost: Ints


def scan_spans(buffer: pa.Buffer, places: Places, codes: Codes) -> Scanned:
    """All columns of these spans.

    Raises:
        UnusualShapeError: they are to be read one by one.
    """
    data: Octets = np.frombuffer(memoryview(buffer), dtype=np.uint8)
    size = len(places.begin)
    fields = fields_of(data, places.begin, places.end)
    links = Links()
    for row, low, high in _bounds(fields.of(_LINKS, LENGTH).by_owner()):
        add_link(links, Span.Link.FromString(data[low:high].tobytes()), row)
    part = Part(
        trace_id=hex_ids(data, *_texts(fields, _TRACE_ID, places), size=16),
        span_id=hex_ids(data, *_texts(fields, _SPAN_ID, places), size=8),
        parent_id=hex_ids(data, *_texts(fields, _PARENT_ID, places), size=8),
        name=texts_at(buffer, *_texts(fields, _NAME, places)),
        start=_instants(data, fields.of(_START, FIXED64), size),
        end=_instants(data, fields.of(_END, FIXED64), size),
        status=_statuses(data, fields.of(_STATUS, LENGTH), size).astype(np.int8),
        origin=places.origin.astype(np.int32),
        line=places.line,
        attributes=attributes_at(data, buffer, fields.of(_ATTRIBUTES, LENGTH).by_owner(), codes),
        events=events_at(data, buffer, fields.of(_EVENTS, LENGTH).by_owner()),
        links=links,
    )
    lost = np.zeros(size, np.int64)
    for number in _DROPPED:
        lost += _numbers(fields.of(number, VARINT), size) & 0xFFFFFFFF
    return Scanned(part, lost)


def _bounds(fields: Fields) -> zip[tuple[int, int, int]]:
    return zip(fields.owner.tolist(), fields.begin.tolist(), fields.end.tolist(), strict=True)


def _texts(fields: Fields, number: int, places: Places) -> tuple[Ints, Ints]:
    """The bounds of a text of each span; nothing, where the span begins, if it has none. The last one counts."""
    found = fields.of(number, LENGTH)
    begin, end = places.begin.copy(), places.begin.copy()
    begin[found.owner], end[found.owner] = found.begin, found.end
    return begin, end


def _numbers(found: Fields, size: int) -> Ints:
    numbers = np.zeros(size, np.int64)
    numbers[found.owner] = found.begin
    return numbers


def _instants(data: Octets, found: Fields, size: int) -> Ints:
    """What is beyond int64 is so late that it is found to be."""
    instants = np.zeros(size, np.int64)
    instants[found.owner] = np.minimum(fixed64(data, found.begin), LARGEST).astype(np.int64)
    return instants


def _statuses(data: Octets, found: Fields, size: int) -> Ints:
    if len(found.owner) != len(np.unique(found.owner)):
        raise UnusualShapeError
    inner = fields_of(data, found.begin, found.end).of(_STATUS_CODE, VARINT)
    code = np.zeros(size, np.int64)
    code[found.owner[inner.owner]] = inner.begin.astype(np.int32)
    return np.where((code >= 0) & (code <= _HIGHEST_CODE), code, 0)
