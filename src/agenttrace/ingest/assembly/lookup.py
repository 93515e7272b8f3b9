"""Rows found by session and key, through a hash of both: numbers are joined four times as fast as texts."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

Rows = NDArray[np.int64]
NONE = -1


class KeyIndex:
    """Where the first row with a key is, in each session."""

    def __init__(self, sid: pl.Series, key: pl.Series) -> None:
        """Of rows in their order; a null key is found by nobody."""
        self._rows = pl.DataFrame({"sid": sid, "key": key})

    @cached_property
    def _hashes(self) -> pl.DataFrame:
        hashes = self._rows.select(_hash(), pl.int_range(pl.len(), dtype=pl.Int64).alias("row"))
        if self._rows.get_column("key").null_count():
            hashes = hashes.filter(self._rows.get_column("key").is_not_null())
        return hashes

    @cached_property
    def _first(self) -> pl.DataFrame:
        return self._hashes.filter(pl.col("hash").is_first_distinct())

    def find(self, sid: pl.Series, key: pl.Series) -> Rows:
        """The row of each session and key; NONE where there is none, and where the key is null."""
        wanted = pl.DataFrame({"sid": sid, "key": key})
        if key.null_count() == len(key):
            return np.full(len(key), NONE, np.int64)
        hashes = wanted.select(_hash())
        found = hashes.join(self._hashes, on="hash", how="left", maintain_order="left")
        if found.height > len(key):  # some keys have several rows
            found = hashes.join(self._first, on="hash", how="left", maintain_order="left")
        rows: Rows = found.get_column("row").fill_null(NONE).to_numpy()
        if key.null_count():
            rows = np.where(key.is_null().to_numpy(), NONE, rows)
        return rows if self._hold(wanted, rows) else self._find_slowly(wanted)

    def _hold(self, wanted: pl.DataFrame, rows: Rows) -> bool:
        """Whether every row is what was asked for: a hash may be that of two keys."""
        at = np.flatnonzero(rows != NONE)
        known, asked = self._rows[rows[at]], wanted if len(at) == len(rows) else wanted[at]
        return known.equals(asked)

    def _find_slowly(self, wanted: pl.DataFrame) -> Rows:
        index = self._rows.with_row_index("row").unique(["sid", "key"], keep="first")
        found = wanted.join(index, on=["sid", "key"], how="left", maintain_order="left").get_column("row")
        rows: Rows = found.cast(pl.Int64).fill_null(NONE).to_numpy()
        return rows


def rows_or_null(rows: Rows) -> pl.Series:
    """Row numbers as a column, null where there is none."""
    column: pl.Series = pl.Series(pa.array(rows, mask=rows == NONE))
    return column


def _hash() -> pl.Expr:
    return (pl.col("key").hash() ^ pl.col("sid").hash(1)).alias("hash")
