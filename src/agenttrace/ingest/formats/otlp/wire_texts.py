"""Texts and ids out of a buffer of messages, as Arrow columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest.formats.otlp.wire import Ints, Octets, UnusualShapeError
from agenttrace.ingest.telemetry.arrow import Texts

_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype="<u2")


def texts_at(buffer: pa.Buffer, begin: Ints, end: Ints) -> Texts:
    """The texts with these bounds, which lie in order and do not overlap; they are known to be UTF-8.

    Arrow is shown the buffer as texts and what stands between them, and copies the texts.
    """
    if not len(begin):
        return pa.array([], pa.string())
    offsets = np.empty(2 * len(begin), np.int32)
    offsets[0::2], offsets[1::2] = begin, end
    pieces: Any = pa.Array.from_buffers(pa.string(), len(offsets) - 1, [None, _buffer(offsets), buffer])
    found: Texts = pieces.take(pa.array(np.arange(0, len(offsets) - 1, 2)))
    return found


def hex_ids(data: Octets, begin: Ints, end: Ints, size: int) -> Texts:
    """Ids of that many bytes in hexadecimal; empty ones are the empty text."""
    length = end - begin
    there = np.flatnonzero(length)
    if (length[there] != size).any():
        raise UnusualShapeError
    digits: NDArray[Any] = _HEX[data[begin[there][:, None] + np.arange(size)]]
    offsets = np.zeros(len(begin) + 1, np.int32)
    np.cumsum(2 * length, out=offsets[1:])
    buffers = [None, _buffer(offsets), _buffer(digits)]
    found: Texts = pa.Array.from_buffers(pa.string(), len(begin), buffers)
    return found


def _buffer(values: NDArray[Any]) -> pa.Buffer:
    return pa.py_buffer(np.ascontiguousarray(values).data)
