"""Many batches of spans read together: parsed for soundness by the stock parser, then column by column.

A Python object for each span and each attribute is what makes the stock parser slow, not its parsing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from agenttrace.ingest.formats.otlp.framing import LENGTH, fields, varint
from agenttrace.ingest.formats.otlp.protobuf_batches import RECORDS
from agenttrace.ingest.formats.otlp.protobuf_spans import Codes, facts_of
from agenttrace.ingest.formats.otlp.wire import PADDING
from agenttrace.ingest.formats.otlp.wire_spans import Places, Scanned, scan_spans
from agenttrace.ingest.shredded import UnusualShapeError
from agenttrace.ingest.telemetry.intake import Intake

BLOCK_BYTES = 4 << 20
"""Batches are collected up to about this size."""

_SLICE_ROWS = 8192
_LARGEST_BLOCK = 1 << 30
_SPAN_TAG = RECORDS << 3 | LENGTH
_MORE = 0x80
_SEVEN_BITS = 0x7F


@dataclass(frozen=True, slots=True)
class SpanBlock:
    """The spans of some batches, in order, in slices that stay in the processor's cache."""

    slices: Sequence[Scanned]

    def add_to(self, intake: Intake) -> None:
        """Hands the spans on."""
        for scanned in self.slices:
            intake.builder.add(scanned.part)
            for row in np.flatnonzero(scanned.lost).tolist():
                intake.dropped.add(int(scanned.lost[row]), int(scanned.part.line[row]))
            intake.advance(len(scanned.part.line))


def span_block(batches: Sequence[bytes], intake: Intake, codes: Codes) -> SpanBlock:
    """Scans batches, each the bytes of a ResourceSpans. Nothing is handed on yet.

    Raises:
        UnusualShapeError: they are to be read one by one, for one is not sound or not of a usual shape.
    """
    content = b"".join([*batches, PADDING])
    if len(content) > _LARGEST_BLOCK:
        raise UnusualShapeError
    places = _places(batches, content, intake)
    buffer = pa.py_buffer(content)
    return SpanBlock([scan_spans(buffer, part, codes) for part in _slices(places)])


def _places(batches: Sequence[bytes], content: bytes, intake: Intake) -> Places:
    begins: list[int] = []
    ends: list[int] = []
    origins: list[int] = []
    base = 0
    for batch in batches:
        message = _parsed(batch)
        facts = facts_of(message.resource.attributes)
        groups = [field for field in fields(content, base, base + len(batch)) if field.number == RECORDS]
        if len(groups) != len(message.scope_spans):
            raise UnusualShapeError
        for field, group in zip(groups, message.scope_spans, strict=True):
            before = len(begins)
            _find_spans(content, field.begin, field.end, begins, ends)
            count = len(begins) - before
            if count != len(group.spans):
                raise UnusualShapeError
            if count:
                origins += [intake.origin(group.scope.name, facts)] * count
        base += len(batch)
    first = intake.next_line(None)
    return Places(
        np.array(begins, np.int64),
        np.array(ends, np.int64),
        np.array(origins, np.int64),
        np.arange(first, first + len(begins)),
    )


def _parsed(batch: bytes) -> ResourceSpans:
    try:
        return ResourceSpans.FromString(batch)
    except DecodeError as error:
        raise UnusualShapeError from error


def _find_spans(data: bytes, at: int, end: int, begins: list[int], ends: list[int]) -> None:
    """Appends the bounds of the spans of a group."""
    while at < end:
        if data[at] != _SPAN_TAG:
            other = next(fields(data, at, end), None)
            if other is None:
                return
            at = other.end
            continue
        length = data[at + 1]
        at += 2
        if length >= _MORE:  # most spans take two bytes
            high = data[at]
            at += 1
            if high < _MORE:
                length = length & _SEVEN_BITS | high << 7
            else:
                length, at = varint(data, at - 2)
        begins.append(at)
        at += length
        ends.append(at)


def _slices(places: Places) -> Iterator[Places]:
    for low in range(0, len(places.begin), _SLICE_ROWS):
        part = slice(low, low + _SLICE_ROWS)
        yield Places(places.begin[part], places.end[part], places.origin[part], places.line[part])
