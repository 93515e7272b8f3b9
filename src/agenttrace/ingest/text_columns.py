"""Columns of texts: out of a buffer, and as the distinct ones that there are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from agenttrace.native.gathering import gather

Ints = NDArray[np.int64]
_kernels: Any = pyarrow.compute


def texts_at(buffer: pa.Buffer, begin: Ints, end: Ints) -> pa.Array[Any]:
    """The texts with these bounds, which lie in order and do not overlap; they are known to be UTF-8.

    Without a kernel Arrow is shown the buffer as texts and what stands between them, and copies the texts.
    """
    if not len(begin):
        return pa.array([], pa.string())
    gathered = gather(memoryview(buffer), begin, end)
    if gathered is not None:
        offsets, data = (pa.py_buffer(each.data) for each in gathered)
        return pa.Array.from_buffers(pa.string(), len(begin), [None, offsets, data])
    bounds = np.empty(2 * len(begin), np.int32)
    bounds[0::2], bounds[1::2] = begin, end
    pieces: Any = pa.Array.from_buffers(
        pa.string(), len(bounds) - 1, [None, pa.py_buffer(bounds.data), buffer]
    )
    found: pa.Array[Any] = pieces.take(pa.array(np.arange(0, len(bounds) - 1, 2)))
    return found


def encoded(column: pa.Array[Any]) -> tuple[list[str | None], NDArray[np.int32]]:
    """The distinct values, and of each row which one it has; null is a value."""
    found = column.dictionary_encode(null_encoding="encode")
    return found.dictionary.to_pylist(), np.asarray(found.indices)


def joined(separator: str, *columns: Any) -> pa.Array[Any]:
    """Columns (or words) with the separator between them; null where one is null."""
    found: pa.Array[Any] = _kernels.binary_join_element_wise(*columns, separator)
    return found


def are_empty(column: pa.Array[Any]) -> NDArray[np.bool_]:
    """Where there is a text, and nothing in it."""
    length: NDArray[np.int64] = np.asarray(_kernels.fill_null(_kernels.binary_length(column), -1))
    empty: NDArray[np.bool_] = length == 0
    return empty


def first_known(*columns: pa.Array[Any]) -> pa.Array[Any]:
    """Of each row the first value that is not null."""
    found: pa.Array[Any] = _kernels.coalesce(*columns)
    return found


def taken(column: Any, rows: Any) -> Any:
    """These rows of a column or of a table, in this order."""
    return column.take(pa.array(rows))


def spread(column: pa.Array[Any], places: Ints) -> pa.Array[Any]:
    """The values at these places; null where one is negative."""
    found: pa.Array[Any] = column.take(pa.array(places, pa.int64(), mask=places < 0))
    return found
