"""Texts and ids out of a buffer of messages, as Arrow columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest.formats.otlp.wire import Ints, Octets
from agenttrace.ingest.shredded import UnusualShapeError
from agenttrace.ingest.telemetry.arrow import Texts

_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), dtype="<u2")


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
