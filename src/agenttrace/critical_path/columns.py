"""Arrow columns as arrays: nulls become sentinels, words become the codes of their enumeration."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.critical_path.arrays import NONE, NULL, Bools, Codes, Ints


def ints(table: pa.Table, name: str) -> Ints:
    """An integer column; NULL for null."""
    column = _whole(table, name)
    if column.null_count:
        column = pc.fill_null(column.cast(pa.int64()), pa.scalar(NULL))
    return column.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)


def numbers(table: pa.Table, name: str) -> Ints:
    """A column of numbers within a session (spans, agents, marks, turns); -1 for null."""
    column = _whole(table, name)
    if column.null_count:
        column = pc.fill_null(column, pa.scalar(NONE, column.type))
    return column.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)


def flags(table: pa.Table, name: str) -> Bools:
    """A column of booleans; false for null."""
    column = _whole(table, name)
    if column.null_count:
        column = pc.fill_null(column, pa.scalar(value=False))
    return column.to_numpy(zero_copy_only=False)


def codes(table: pa.Table, name: str, words: type[StrEnum]) -> Codes:
    """A column of words as positions in `words`; -1 for null."""
    members = [member.value for member in words]
    indices, values = dictionary(table, name)
    table_of = np.full(len(values) + 1, NONE, np.int8)
    for place, value in enumerate(values):
        if value is not None:
            table_of[place] = members.index(value)
    return table_of[indices]


def dictionary(table: pa.Table, name: str) -> tuple[Ints, list[str | None]]:
    """A column of words or names as indices, -1 for null, and what they stand for."""
    column: Any = table.column(name)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        return np.zeros(0, np.int64), []
    indices = whole.indices
    if indices.null_count:
        indices = pc.fill_null(indices, pa.scalar(NONE, indices.type))
    return indices.to_numpy(zero_copy_only=False).astype(np.int64, copy=False), whole.dictionary.to_pylist()


def _whole(table: pa.Table, name: str) -> Any:  # noqa: ANN401  # Arrow's stubs know no array of any type
    column: Any = table.column(name).combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        return pa.array([], column.type)
    return column
