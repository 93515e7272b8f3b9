"""What can be had of a protobuf batch that is broken: the records that are whole, found by how they begin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol, Self, TypeVar

from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from agenttrace.ingest.formats.otlp.framing import LENGTH, fields, varint

_SPAN = re.compile(rb"\x12(?=[\x00-\xff]{1,4}?\x0a\x10)")
_LOG = re.compile(rb"\x12(?=[\x00-\xff]{1,4}?\x09)")
_SPAN_ID_BYTES = 8
_LEAST_LOG_BYTES = 9


class _Parsed(Protocol):
    @classmethod
    def FromString(cls, data: bytes, /) -> Self: ...  # noqa: N802  # protobuf's name


_Record = TypeVar("_Record", bound=_Parsed)


def whole_spans(data: bytes) -> list[Span]:
    """The spans that are whole, wherever they stand."""
    return [span for span in _records(data, _SPAN, Span) if len(span.span_id) == _SPAN_ID_BYTES]


def whole_logs(data: bytes) -> list[LogRecord]:
    """The log records that are whole, wherever they stand."""
    found = _records(data, _LOG, LogRecord)
    return [record for record in found if record.ByteSize() >= _LEAST_LOG_BYTES and record.attributes]


def first_resource(data: bytes) -> Resource:
    """The resource of a batch, if it can be read; else an empty one."""
    first = next(fields(data), None)
    if first is not None and first.number == 1 and first.wire == LENGTH:
        try:
            return Resource.FromString(data[first.begin : first.end])
        except DecodeError:
            pass
    return Resource()


def _records(data: bytes, beginning: re.Pattern[bytes], message: type[_Record]) -> Iterator[_Record]:
    at = 0
    while (match := beginning.search(data, at)) is not None:
        length, begin = varint(data, match.end())
        at = match.end()
        if 0 < length <= len(data) - begin:
            try:
                record = message.FromString(data[begin : begin + length])
            except DecodeError:
                continue
            yield record
            at = begin + length
