"""Arrow columns as arrays: nulls become sentinels, words become the codes of their enumeration."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.critical_path.arrays import NONE, NULL, Bools, Codes, Ints


def ints(table: pa.Table, name: str) -> Ints:
    """An integer column; NULL for null."""
    column = _whole(table, name)
    if column.null_count:
        column = pc.fill_null(column.cast(pa.int64()), NULL)
    return column.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)


def numbers(table: pa.Table, name: str) -> Ints:
    """A column of numbers within a session (spans, agents, marks, turns); -1 for null."""
    column = _whole(table, name)
    if column.null_count:
        column = pc.fill_null(column, NONE)
    return column.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)


def flags(table: pa.Table, name: str) -> Bools:
    """A column of booleans; false for null."""
    column = _whole(table, name)
    if column.null_count:
        column = pc.fill_null(column, False)  # noqa: FBT003  # the value to fill with
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
    column = table.column(name)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        return np.zeros(0, np.int64), []
    indices = whole.indices
    if indices.null_count:
        indices = pc.fill_null(indices, NONE)
    return indices.to_numpy(zero_copy_only=False).astype(np.int64, copy=False), whole.dictionary.to_pylist()


def _whole(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name).combine_chunks()
    if isinstance(column, pa.ChunkedArray):
        return pa.array([], column.type)
    return column
