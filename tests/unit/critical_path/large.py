"""Sessions with a million spans, made as columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from agenttrace.model.schema import SPANS, TRACE_TABLES
from agenttrace.model.trace import Trace


def chain(spans: int) -> Trace:
    """One after the other."""
    number = np.arange(spans, dtype=np.int64)
    start = (number - 1) * 10
    return _trace(np.zeros(spans, np.int64), start, start + 10, (spans - 1) * 10)


def fan(spans: int) -> Trace:
    """All beside each other, each ending a little later."""
    number = np.arange(spans, dtype=np.int64)
    return _trace(np.zeros(spans, np.int64), number, spans + 2 * number, 4 * spans)


def nest(spans: int) -> Trace:
    """Each inside the one before."""
    number = np.arange(spans, dtype=np.int64)
    return _trace(np.maximum(number - 1, 0), number, 4 * spans - number, 4 * spans)


def _trace(parent: np.ndarray, start: np.ndarray, end: np.ndarray, wall: int) -> Trace:
    size = len(parent)
    start[0], end[0] = 0, wall
    kinds = np.ones(size, np.int8)
    kinds[0] = 0
    columns = {
        "session": _constant("s", size).cast(pa.string()),
        "span": pa.array(np.arange(size, dtype=np.int32)),
        "parent": pa.array(parent.astype(np.int32), mask=np.arange(size) == 0),
        "agent": pa.array(np.zeros(size, np.int32)),
        "source": pa.array(np.zeros(size, np.int32)),
        "kind": pa.DictionaryArray.from_arrays(pa.array(kinds, pa.int8()), pa.array(["session", "tool"])),
        "purpose": _constant("turn", size),
        "start_ns": pa.array(start),
        "end_ns": pa.array(end),
        "start_evidence": _constant("measured", size),
        "end_evidence": _constant("measured", size),
        "blocking": pa.array(np.ones(size, np.bool_)),
    }
    arrays = [columns.get(column.name, pa.array([None] * size, column.type)) for column in SPANS.columns]
    tables = {table.name: table.arrow.empty_table() for table in TRACE_TABLES}
    return Trace(**(tables | {"spans": pa.table(arrays, schema=SPANS.arrow)}))


def _constant(word: str, size: int) -> pa.DictionaryArray[Any, Any]:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size), pa.int8()), pa.array([word]))
