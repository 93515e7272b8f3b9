"""The wire format of protobuf, read for many messages at once: numpy steps along all of them together.

What is read here has been parsed by the stock parser before, so it is sound; shapes that no exporter
writes are refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agenttrace.ingest.formats.otlp.framing import FIXED32, FIXED64, LENGTH, VARINT
from agenttrace.ingest.shredded import UnusualShapeError

Ints = NDArray[np.int64]
Octets = NDArray[np.uint8]

PADDING = bytes(16)
"""Stands behind the messages, so that no step reads beyond the end."""

_MORE = 0x80
_SEVEN_BITS = 0x7F
_MOST_STEPS = 512
_OTHER_TAG = 2**16 - 1


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields of many messages, in the order of their tags; those of one message and tag as they are written.

    `tag` holds number and wire type as they are written; those beyond 16 bits are unknown fields. A number of a
    varint stands in `begin`; where else there are bytes, `begin` and `end` are their bounds.
    """

    owner: Ints
    tag: NDArray[np.uint16]
    begin: Ints
    end: Ints

    def of(self, number: int, wire: int) -> Fields:
        """Those of one number; of another wire type they are unknown fields."""
        tag = np.uint16(number << 3 | wire)
        low, high = np.searchsorted(self.tag, tag, "left"), np.searchsorted(self.tag, tag, "right")
        return self._chosen(slice(low, high))

    def by_owner(self) -> Fields:
        """The fields of one message together, messages in order."""
        return self._chosen(np.argsort(self.owner, kind="stable"))

    def _chosen(self, rows: slice | Ints) -> Fields:
        return Fields(self.owner[rows], self.tag[rows], self.begin[rows], self.end[rows])


def varints(data: Octets, at: Ints) -> tuple[Ints, Ints]:
    """The numbers at these positions (as int64, wrapped), and the positions behind them."""
    value = data[at].astype(np.int64)
    after = at + 1
    more = np.flatnonzero(value >= _MORE)
    value[more] &= _SEVEN_BITS
    shift = 7
    while len(more):
        if shift > 63:
            raise UnusualShapeError
        byte = data[after[more]].astype(np.int64)
        value[more] |= (byte & _SEVEN_BITS) << shift
        after[more] += 1
        more = more[byte >= _MORE]
        shift += 7
    return value, after


def fields_of(data: Octets, begin: Ints, end: Ints) -> Fields:
    """All fields of the messages with these bounds."""
    owner = np.flatnonzero(begin < end)
    at, end = begin[owner], end[owner]
    found: list[tuple[Ints, Ints, Ints, Ints]] = []
    while len(owner):
        if len(found) == _MOST_STEPS:
            raise UnusualShapeError
        tag, at = varints(data, at)
        first, at = _contents(data, tag, at)
        found.append((owner, tag, first, at))
        going = np.flatnonzero(at < end)
        if len(going) < len(owner):
            owner, at, end = owner[going], at[going], end[going]
    return _by_tag(found)


def _contents(data: Octets, tag: Ints, at: Ints) -> tuple[Ints, Ints]:
    """Where the content of each field begins (or the number that it is), and the position behind it."""
    wire = tag & 7
    if (wire == LENGTH).all():
        length, first = varints(data, at)
        return first, first + length
    fixed = (wire == FIXED64) | (wire == FIXED32)
    if (fixed | (wire == LENGTH) | (wire == VARINT)).all():
        value, after = varints(data, np.where(fixed, len(data) - 1, at))
        first = np.where(wire == LENGTH, after, np.where(fixed, at, value))
        size = np.where(wire == FIXED64, 8, np.where(wire == FIXED32, 4, value))
        return first, np.where(wire == VARINT, after, np.where(fixed, at, after) + size)
    raise UnusualShapeError


def _by_tag(found: list[tuple[Ints, Ints, Ints, Ints]]) -> Fields:
    if not found:
        nothing = np.zeros(0, np.int64)
        return Fields(nothing, nothing.astype(np.uint16), nothing, nothing)
    owner, tag, begin, end = (np.concatenate(parts) for parts in zip(*found, strict=True))
    short = np.where((tag >= 0) & (tag < _OTHER_TAG), tag, _OTHER_TAG).astype(np.uint16)
    order = np.argsort(short, kind="stable")
    return Fields(owner[order], short[order], begin[order], end[order])


def fixed64(data: Octets, at: Ints) -> NDArray[np.uint64]:
    """The eight bytes at these positions as numbers."""
    return np.ascontiguousarray(data[at[:, None] + np.arange(8)]).view("<u8").reshape(-1)
