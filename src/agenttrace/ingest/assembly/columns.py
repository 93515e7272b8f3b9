"""Columns of frames as arrays: words as their places in the vocabulary, numbers with a number for null.

A query of a frame costs as much as a hundred thousand additions, whatever it is about, and assembly has some hundreds
of questions about each bucket: where arrays answer, they are asked.
"""

from __future__ import annotations

from functools import cache
from types import EllipsisType
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.frames import enum_of
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.raw import RAW_SPANS

Mask = NDArray[np.bool_]
Codes = NDArray[np.int8]

HIGHEST = int(np.iinfo(np.int64).max)
"""What stands for null where nulls come last."""

_ENUMS = {column.name: enum_of(column) for column in RAW_SPANS.columns if column.words}


def codes(words: pl.Series) -> Codes:
    """The place of each word in its vocabulary; NONE where it is null."""
    column: Any = words.to_arrow()
    places = column.indices
    if places.null_count:
        places = places.fill_null(NONE % 256)
    return np.asarray(places.to_numpy()).view(np.int8)


@cache
def code(column: str, word: str) -> int:
    """The place of a word in the vocabulary of a column of spans."""
    return list(_ENUMS[column].categories).index(word)


def are(spans: pl.DataFrame, column: str, *words: str) -> Mask:
    """Of which spans the column has one of these words; null is none of them."""
    return _among(column, words)[codes(spans.get_column(column))]


@cache
def _among(column: str, words: tuple[str, ...]) -> Mask:
    """By place; the last one is that of null."""
    return np.array([word in words for word in (*_ENUMS[column].categories, None)])


def worded(column: str, places: NDArray[np.signedinteger[Any]]) -> pl.Series:
    """A column of spans with the words at these places of its vocabulary; NONE is null."""
    return _words(column)[places]


def same(column: str, word: str, count: int) -> pl.Series:
    """A column of spans that has one word in all rows."""
    return _words(column).new_from_index(code(column, word), count)


@cache
def _words(column: str) -> pl.Series:
    """The last one, at the place NONE, is null."""
    return pl.Series(column, [*_ENUMS[column].categories, None], _ENUMS[column])


def numbers(column: pl.Series, null: int = NONE) -> Rows:
    """Integers, with `null` for those that are not known."""
    if column.null_count():
        filled: Any = column.to_arrow().fill_null(null)
        return np.asarray(filled.to_numpy(zero_copy_only=False))
    return column.to_numpy()


def known(column: pl.Series) -> Mask:
    """Where it is not null."""
    if (nulls := column.null_count()) in {0, len(column)}:
        return np.full(len(column), nulls == 0)
    return column.is_not_null().to_numpy()


def true(column: pl.Series) -> Mask:
    """Where it is true; null is not."""
    return (column.fill_null(value=False) if column.null_count() else column).to_numpy()


def extents(
    group: Rows, low: Rows, high: Rows, rows: Rows | Mask | EllipsisType, count: int
) -> tuple[Rows, Rows]:
    """The lowest and the highest of these rows in each of so many groups; HIGHEST and its negative if it has none."""
    lowest, highest = np.full(count, HIGHEST), np.full(count, -HIGHEST)
    np.minimum.at(lowest, group[rows], low[rows])
    np.maximum.at(highest, group[rows], high[rows])
    return lowest, highest
