"""Protobuf messages in a file: one after the other, or each behind its length, in one of three ways.

Messages without lengths between them are one message on the wire, so they need no framing at all. The
collector's file exporter writes lengths of four bytes, the OpenTelemetry file format variable ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

import zstandard

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
LARGEST_MESSAGE = 1 << 31

Bytes: TypeAlias = "bytes | bytearray"

_LENGTH_BYTES = 4
_VARINT_BYTES = 10
_SEVEN_BITS = 0x7F
_MORE = 0x80


class Framing(Enum):
    """How messages follow each other."""

    PLAIN = "plain"
    BIG = "big"
    LITTLE = "little"
    DELIMITED = "delimited"


@dataclass(frozen=True, slots=True)
class Field:
    """A field on the wire. `value`: a number, or the bytes' (begin, end); an end beyond the data is torn."""

    number: int
    wire: int
    value: int
    begin: int
    end: int


def varint(data: Bytes, at: int) -> tuple[int, int]:
    """A number and the position behind it; -1 for one that is torn or too long."""
    value = shift = 0
    for position in range(at, min(at + _VARINT_BYTES, len(data))):
        byte = data[position]
        value |= (byte & _SEVEN_BITS) << shift
        if byte < _MORE:
            return value, position + 1
        shift += 7
    return -1, at


def fields(data: Bytes, begin: int = 0, end: int | None = None) -> Iterator[Field]:
    """The fields of a message; ends silently where what follows is no field."""
    at, end = begin, len(data) if end is None else min(end, len(data))
    while at < end:
        tag, after = varint(data, at)
        number, wire = tag >> 3, tag & 7
        if tag < 0 or number == 0:
            return
        value, finish = -1, after
        if wire == VARINT:
            value, finish = varint(data, after)
        elif wire == LENGTH:
            value, after = varint(data, after)
            finish = after + value
        elif wire in (FIXED64, FIXED32):
            finish = after + (8 if wire == FIXED64 else 4)
            value = int.from_bytes(data[after:finish], "little")
        if value < 0:
            return
        yield Field(number, wire, value, after, finish)
        at = finish


def frame_length(framing: Framing, data: Bytes, at: int) -> tuple[int, int]:
    """Length of the message that begins at `at`, and where its content begins; -1 if that is torn."""
    if framing is Framing.DELIMITED:
        return varint(data, at)
    if at + _LENGTH_BYTES > len(data):
        return -1, at
    order = "big" if framing is Framing.BIG else "little"
    return int.from_bytes(data[at : at + _LENGTH_BYTES], order), at + _LENGTH_BYTES  # type: ignore[arg-type]


def unpacked(message: Bytes) -> bytes:
    """A message as it is, or decompressed: with compression, the collector frames compressed messages.

    Of a torn one, what can be had.
    """
    content = bytes(message)
    if not content.startswith(ZSTD_MAGIC):
        return content
    try:
        return zstandard.ZstdDecompressor().decompressobj().decompress(content)
    except zstandard.ZstdError:
        return b""
