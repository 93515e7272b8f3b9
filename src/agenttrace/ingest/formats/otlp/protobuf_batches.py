"""A protobuf source cut into batches: ResourceSpans, ResourceLogs or ResourceMetrics, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agenttrace.ingest.formats.otlp.framing import (
    LARGEST_MESSAGE,
    LENGTH,
    Framing,
    fields,
    frame_length,
    unpacked,
    varint,
)
from agenttrace.ingest.source import DamagedEnd, Source

_BATCH_TAG = 1 << 3 | LENGTH
_LIBRARY_RECORDS = 1000
RECORDS = 2
"""Depth of the records in a batch, below the groups of one scope; the number of their field at each level."""
_HEADER_BYTES = 16


@dataclass(frozen=True, slots=True)
class Batch:
    """The bytes of a message. `torn`: its end is missing or cannot be read."""

    data: bytes
    torn: bool = False


def batches(source: Source, framing: Framing) -> Iterator[Batch]:
    """The batches of a source. After a damaged end, what was good is followed by `DamagedEnd`."""
    for frame in frames(source, framing):
        if framing is Framing.PLAIN:
            yield frame
            continue
        message = unpacked(frame.data)
        end = 0
        for field in fields(message):
            end = min(field.end, len(message))
            if field.number == 1 and field.wire == LENGTH:
                yield Batch(message[field.begin : end], torn=field.end > end)
        if end < len(message) or not message:
            yield Batch(message[end:], torn=True)


def frames(source: Source, framing: Framing) -> Iterator[Batch]:
    """The messages of a framed source as they were written, or the batches of one that is not framed."""
    buffer = bytearray()
    damage: DamagedEnd | None = None
    blocks = source.blocks()
    while True:
        try:
            block = next(blocks, b"")
        except DamagedEnd as error:
            damage, block = error, b""
        buffer += block
        at, bounds = 0, _bounds(buffer, 0, framing)
        while bounds is not None and bounds[1] <= len(buffer):
            yield Batch(bytes(buffer[bounds[0] : bounds[1]]))
            at = bounds[1]
            bounds = _bounds(buffer, at, framing)
        del buffer[:at]
        if not block or (bounds is None and len(buffer) > _HEADER_BYTES):
            break
    if buffer:
        begin = bounds[0] - at if bounds is not None else 0
        yield Batch(bytes(buffer[begin:]), torn=True)
    if damage is not None:
        raise damage


def _bounds(buffer: bytearray, at: int, framing: Framing) -> tuple[int, int] | None:
    """Where the content of the next message begins and ends; None if it cannot be told."""
    if framing is not Framing.PLAIN:
        length, begin = frame_length(framing, buffer, at)
        return (begin, begin + length) if 0 <= length < LARGEST_MESSAGE else None
    if buffer[at : at + 1] != bytes([_BATCH_TAG]):
        return None
    length, begin = varint(buffer, at + 1)
    return (begin, begin + length) if length >= 0 else None


def complete(data: bytes, depth: int) -> bytes:
    """The message without what is torn at its end, inside fields too, `depth` levels down."""
    kept = 0
    for field in fields(data):
        if field.end <= len(data):
            kept = field.end
        elif field.wire == LENGTH and depth:
            return data[:kept] + _encoded(field.number, complete(data[field.begin :], depth - 1))
    return data[:kept]


def modern(data: bytes) -> bytes:
    """The records of instrumentation libraries (before 2022) as those of scopes."""
    if b"\xc2\x3e" not in data:
        return data
    found = list(fields(data))
    if all(field.number != _LIBRARY_RECORDS for field in found):
        return data
    kept = [field for field in found if field.wire == LENGTH]
    return b"".join(
        _encoded(RECORDS if field.number == _LIBRARY_RECORDS else field.number, data[field.begin : field.end])
        for field in kept
    )


def _encoded(number: int, content: bytes) -> bytes:
    return _varint_bytes(number << 3 | LENGTH) + _varint_bytes(len(content)) + content


def _varint_bytes(value: int) -> bytes:
    encoded = bytearray()
    while value >= 1 << 7:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
