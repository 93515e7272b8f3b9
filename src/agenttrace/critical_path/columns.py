"""Arrow columns as arrays: nulls become sentinels, words become the codes of their enumeration."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any, cast

import numpy as np
import pyarrow as pa

from agenttrace.critical_path.arrays import NONE, NULL, Bools, Codes, Ints


def ints(table: pa.Table, name: str) -> Ints:
    """An integer column; NULL for null."""
    return _filled(_whole(table, name), NULL)


def numbers(table: pa.Table, name: str) -> Ints:
    """A column of numbers within a session (spans, agents, marks, turns); -1 for null."""
    return _filled(_whole(table, name), NONE)


def flags(table: pa.Table, name: str) -> Bools:
    """A column of booleans without nulls."""
    values: Bools = _whole(table, name).to_numpy(zero_copy_only=False)
    return values


def booleans(table: pa.Table, name: str) -> Bools:
    """A column of booleans; false for null."""
    values: Bools = _whole(table, name).fill_null(fill_value=False).to_numpy(zero_copy_only=False)
    return values


def nulls(table: pa.Table, name: str) -> Bools:
    """Where a column says nothing."""
    values: Bools = _whole(table, name).is_null().to_numpy(zero_copy_only=False)
    return values


def codes(table: pa.Table, name: str, words: type[StrEnum]) -> Codes:
    """A column of words as positions in `words`; -1 for null."""
    column = table.column(name)
    if column.null_count == len(column):
        return np.full(len(column), NONE, np.int8)
    members = _members(words)
    whole = _dictionary(column)
    values = whole.dictionary.to_pylist()
    table_of = np.array([*(members[value] for value in values), NONE], np.int8)
    indices = whole.indices
    if not indices.null_count:
        return table_of[indices.to_numpy(zero_copy_only=False)]
    return table_of[_filled(indices, NONE)]


@cache
def _members(words: type[StrEnum]) -> dict[str | None, int]:
    return {None: NONE, **{member.value: place for place, member in enumerate(words)}}


def dictionary(table: pa.Table, name: str) -> tuple[Ints, list[str | None]]:
    """A column of words or names as indices, -1 for null, and what they stand for."""
    whole = _dictionary(table.column(name))
    return _filled(whole.indices, NONE), whole.dictionary.to_pylist()


def _dictionary(column: pa.ChunkedArray[Any]) -> pa.DictionaryArray[Any, Any]:
    """A column of words or names in one piece."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    if column.num_chunks == 1:
        return cast("pa.DictionaryArray[Any, Any]", column.chunk(0))
    return cast("pa.DictionaryArray[Any, Any]", column.unify_dictionaries().combine_chunks())


def _whole(table: pa.Table, name: str) -> pa.Array[Any]:
    column = table.column(name)
    whole: Any = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return cast("pa.Array[Any]", whole)


def _filled(column: pa.Array[Any], null: int) -> Ints:
    """The integers of a column; faster than Arrow fills nulls."""
    if not column.null_count:
        return column.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
    if column.null_count == len(column):
        return np.full(len(column), null, np.int64)
    validity, values = column.buffers()
    bits = np.unpackbits(np.frombuffer(cast("bytes", validity), np.uint8), bitorder="little")
    upto = column.offset + len(column)
    stored = np.frombuffer(cast("bytes", values), np.dtype(str(column.type)))
    found = stored[column.offset : upto].astype(np.int64)
    np.putmask(found, bits[column.offset : upto] == 0, null)
    return found
