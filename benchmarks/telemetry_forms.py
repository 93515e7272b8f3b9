"""The same telemetry in any of its containers: OTLP/JSON as a document or in lines, and protobuf.

The stock JSON parser of protobuf takes the ids for base64, so the two forms are turned into each other here.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from functools import cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, TracesData

Plain = dict[str, Any]
Value = Any
"""What stands in a document: of any type."""

SIGNALS = (("resourceSpans", "scopeSpans", "spans"), ("resourceLogs", "scopeLogs", "logRecords"))
_FIRST_FIELD = 0x0A
_WIDE = frozenset({FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64})


@cache
def documents(content: bytes) -> list[Plain]:
    """Any container as JSON documents."""
    if content.lstrip()[:1] != b"{":
        return [_from_protobuf(content)]
    try:
        return [json.loads(content)]
    except ValueError:
        return [json.loads(line) for line in content.split(b"\n") if line.strip()]


def batches(whole: list[Plain], size: int) -> Iterator[tuple[str, Plain]]:
    """(signal, resource) with at most `size` spans or records each, as a collector would send them."""
    for document in whole:
        for signal, scopes, items in SIGNALS:
            for resource in document.get(signal, []):
                for scope in resource.get(scopes, []):
                    found = scope.get(items, [])
                    for start in range(0, len(found), size):
                        part = {**scope, items: found[start : start + size]}
                        yield signal, {**resource, scopes: [part]}


def json_line(signal: str, resource: Plain) -> bytes:
    """One resource as a document on one line."""
    return json.dumps({signal: [resource]}, separators=(",", ":")).encode()


def to_protobuf(resource: Plain) -> bytes:
    """One resource with its spans as a protobuf message."""
    message = ResourceSpans()
    _fill(message, resource)
    return message.SerializeToString()


def framed(message: bytes) -> bytes:
    """The message as field 1 of the one around it: its tag, its length, itself."""
    length, size = bytearray(), len(message)
    while size > 0x7F:
        length.append(size & 0x7F | 0x80)
        size >>= 7
    return bytes([_FIRST_FIELD, *length, size]) + message


def _from_protobuf(content: bytes) -> Plain:
    """Spans or log records: the wire form says not which, but records mostly do not even parse as spans."""
    try:
        resources = TracesData.FromString(content).resource_spans
    except DecodeError:
        resources = TracesData().resource_spans
    if any(span.start_time_unix_nano for r in resources for s in r.scope_spans for span in s.spans):
        return {"resourceSpans": [plain(resource) for resource in resources]}
    return {"resourceLogs": [plain(resource) for resource in LogsData.FromString(content).resource_logs]}


def plain(message: Message) -> Plain:
    """A message as OTLP/JSON has it: ids in hex, 64-bit numbers as text."""
    found: Plain = {}
    for descriptor, value in message.ListFields():
        if descriptor.is_repeated:
            found[descriptor.json_name] = [_plain_value(descriptor, each) for each in value]
        else:
            found[descriptor.json_name] = _plain_value(descriptor, value)
    return found


def _plain_value(descriptor: FieldDescriptor, value: Value) -> Value:
    if descriptor.message_type is not None:
        return plain(value)
    if isinstance(value, bytes):
        return value.hex() if descriptor.name.endswith("_id") else b64encode(value).decode()
    return str(value) if descriptor.cpp_type in _WIDE else value


def _fill(message: Message, values: Plain) -> None:
    by_name = {descriptor.json_name: descriptor for descriptor in message.DESCRIPTOR.fields}
    for name, value in values.items():
        descriptor = by_name.get(name)
        if descriptor is None:
            continue
        if descriptor.message_type is None:
            _set(message, descriptor, value)
        elif descriptor.is_repeated:
            for each in value:
                _fill(getattr(message, descriptor.name).add(), each)
        else:
            field = getattr(message, descriptor.name)
            field.SetInParent()
            _fill(field, value)


def _set(message: Message, descriptor: Value, value: Value) -> None:
    if descriptor.type == FieldDescriptor.TYPE_BYTES:
        value = bytes.fromhex(value) if descriptor.name.endswith("_id") else b64decode(value)
    elif descriptor.enum_type is not None and isinstance(value, str):
        value = descriptor.enum_type.values_by_name[value].number
    elif isinstance(value, str) and descriptor.cpp_type != FieldDescriptor.CPPTYPE_STRING:
        value = int(value)
    setattr(message, descriptor.name, value)
