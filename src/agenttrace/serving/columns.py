"""What the columns of spans say, row by row, without a Python object or a text for each."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.model.frames import plain
from agenttrace.serving.fitting import Bools


def stated(spans: pa.Table, name: str) -> Bools:
    """Where a column says something."""
    column = spans.column(name)
    if column.null_count in (0, len(column)):
        return np.full(len(column), column.null_count == 0)
    known: Bools = column.is_valid().to_numpy()
    return known


def says(spans: pa.Table, name: str, word: str) -> Bools:
    """Where a column of words says this one."""
    column = spans.column(name)
    found = [np.zeros(0, np.bool_)]
    for chunk in cast("list[pa.DictionaryArray[Any, Any]]", column.chunks):
        code = pc.index(chunk.dictionary, word).as_py()
        if code < 0 or chunk.null_count == len(chunk):
            found.append(np.zeros(len(chunk), np.bool_))
        else:
            found.append(chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False) == code)
    return np.concatenate(found)


def numbers(spans: pa.Table, name: str, null: int) -> np.ndarray:
    """A column of whole numbers, with this for null."""
    column = spans.column(name)
    if column.null_count == len(column):
        return np.full(len(column), null, np.int64)
    values: np.ndarray = column.to_numpy() if not column.null_count else _filled(column, null)
    return values


def _filled(column: pa.ChunkedArray[Any], null: int) -> np.ndarray:
    filled: np.ndarray = pl.Series(column).fill_null(null).to_numpy()
    return filled


def rows_of(table: pa.Table, rows: pa.Array[Any]) -> pl.DataFrame:
    """Some rows as a frame, their words and names as text; a null row is one of nulls."""
    return plain(table.unify_dictionaries().take(rows))
