"""Arrow columns as arrays: nulls become sentinels, words become the codes of their enumeration."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, cast

import numpy as np
import pyarrow as pa

from agenttrace.critical_path.arrays import NONE, NULL, Bools, Codes, Ints


def ints(table: pa.Table, name: str) -> Ints:
    """An integer column; NULL for null."""
    return _filled(table.column(name).combine_chunks(), NULL)


def numbers(table: pa.Table, name: str) -> Ints:
    """A column of numbers within a session (spans, agents, marks, turns); -1 for null."""
    return _filled(table.column(name).combine_chunks(), NONE)


def flags(table: pa.Table, name: str) -> Bools:
    """A column of booleans without nulls."""
    values: Bools = table.column(name).combine_chunks().to_numpy(zero_copy_only=False)
    return values


def booleans(table: pa.Table, name: str) -> Bools:
    """A column of booleans; false for null."""
    values: Bools = (
        table.column(name).combine_chunks().fill_null(fill_value=False).to_numpy(zero_copy_only=False)
    )
    return values


def nulls(table: pa.Table, name: str) -> Bools:
    """Where a column says nothing."""
    values: Bools = table.column(name).combine_chunks().is_null().to_numpy(zero_copy_only=False)
    return values


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
    whole = cast("pa.DictionaryArray[Any, Any]", column.unify_dictionaries().combine_chunks())
    return _filled(whole.indices, NONE), whole.dictionary.to_pylist()


def _filled(column: pa.Array[Any], null: int) -> Ints:
    """The integers of a column; faster than Arrow fills nulls."""
    if not column.null_count:
        return column.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    if column.null_count == len(column):
        return np.full(len(column), null, np.int64)
    known = column.is_valid().to_numpy(zero_copy_only=False)
    stored = np.frombuffer(cast("bytes", column.buffers()[1]), np.dtype(str(column.type)))
    found = stored[column.offset : column.offset + len(column)]
    return np.where(known, found, null).astype(np.int64, copy=False)
