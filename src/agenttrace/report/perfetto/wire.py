"""Protocol buffers as bytes: the few messages of Perfetto's trace format that an export needs.

Field numbers are those of `perfetto_trace.proto` (Trace, TracePacket, TrackDescriptor, TrackEvent, DebugAnnotation).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

Value = int | float | str | bool

SLICE_BEGIN: Final = 1
SLICE_END: Final = 2
COUNTER: Final = 4

_SEQUENCE = 1
_STATE_CLEARED = 1
_EXPLICIT_ORDER = 3
_COUNT_UNIT = 2


def packet(body: bytes, timestamp_ns: int | None = None, *, first: bool = False) -> bytes:
    """A packet of the trace, around a track's descriptor or an event."""
    head = b"" if timestamp_ns is None else _number(8, timestamp_ns)
    flags = _number(13, _STATE_CLEARED) if first else b""
    return _bytes(1, head + _number(10, _SEQUENCE) + flags + body)


def process_track(uuid: int, pid: int, name: str) -> bytes:
    """The track of a session, which shows the tracks below it in the order of their ranks."""
    process = _number(1, pid) + _text(6, name)
    return _bytes(60, _number(1, uuid) + _bytes(3, process) + _number(11, _EXPLICIT_ORDER))


def child_track(uuid: int, parent: int, name: str, rank: int) -> bytes:
    """A track below another one."""
    return _bytes(
        60,
        _number(1, uuid)
        + _text(2, name)
        + _number(5, parent)
        + _number(11, _EXPLICIT_ORDER)
        + _number(12, rank),
    )


def counter_track(uuid: int, parent: int, name: str, rank: int) -> bytes:
    """A track of numbers."""
    counter = _number(3, _COUNT_UNIT)
    return _bytes(
        60, _number(1, uuid) + _text(2, name) + _number(5, parent) + _bytes(8, counter) + _number(12, rank)
    )


def slice_begin(  # what an event has
    track: int,
    name: str,
    category: str,
    facts: Mapping[str, Value | None],
    *,
    flows: tuple[int, ...] = (),
    ending_flows: tuple[int, ...] = (),
) -> bytes:
    """A slice begins; flows lead from it to the slices that end them."""
    told = b"".join(_bytes(4, _fact(key, value)) for key, value in facts.items() if value is not None)
    arrows = b"".join(_fixed(47, flow) for flow in flows) + b"".join(
        _fixed(48, flow) for flow in ending_flows
    )
    return _bytes(
        11,
        told + _number(9, SLICE_BEGIN) + _number(11, track) + _text(22, category) + _text(23, name) + arrows,
    )


def slice_end(track: int) -> bytes:
    """The slice that began last on the track ends."""
    return _bytes(11, _number(9, SLICE_END) + _number(11, track))


def counter_value(track: int, value: int) -> bytes:
    """From now on a counter has this value."""
    return _bytes(11, _number(9, COUNTER) + _number(11, track) + _number(30, value))


def _fact(key: str, value: Value) -> bytes:
    name = _text(10, key)
    match value:
        case bool():
            return name + _number(2, int(value))
        case int():
            return name + _number(4, value)
        case float():
            return name + _key(5, 1) + struct.pack("<d", value)
        case str():
            return name + _text(6, value)


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers are written as 64 bits
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _key(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _number(field: int, value: int) -> bytes:
    return _key(field, 0) + _varint(value)


def _fixed(field: int, value: int) -> bytes:
    return _key(field, 1) + struct.pack("<Q", value)


def _bytes(field: int, value: bytes) -> bytes:
    return _key(field, 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode("utf-8", "replace"))
