"""Rows found by session and key, through a hash of both: numbers are joined four times as fast as texts."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

Rows = NDArray[np.int64]
NONE = -1


class KeyIndex:
    """Where the first row with a key is, in each session."""

    def __init__(self, sid: pl.Series, key: pl.Series) -> None:
        """Of rows in their order; a null key is found by nobody."""
        self._rows = pl.DataFrame({"sid": sid, "key": key}).with_row_index("row")

    @cached_property
    def _hashes(self) -> pl.DataFrame:
        hashes = self._rows.drop_nulls("key").select(_hash(), "row")
        return hashes.filter(pl.col("hash").is_first_distinct())

    def find(self, sid: pl.Series, key: pl.Series) -> Rows:
        """The row of each session and key; NONE where there is none, and where the key is null."""
        wanted = pl.DataFrame({"sid": sid, "key": key})
        rows = np.full(wanted.height, NONE, np.int64)
        asked = (
            wanted.with_row_index("at").drop_nulls("key") if key.null_count() < len(key) else wanted.clear()
        )
        if asked.is_empty():
            return rows
        found = (
            asked.select(_hash())
            .join(self._hashes, on="hash", how="left", maintain_order="left")
            .get_column("row")
        )
        rows[asked.get_column("at").to_numpy()] = found.cast(pl.Int64).fill_null(NONE).to_numpy()
        return rows if self._hold(wanted, rows) else self._find_slowly(wanted)

    def _hold(self, wanted: pl.DataFrame, rows: Rows) -> bool:
        """Whether every row is what was asked for: a hash may be that of two keys."""
        at = np.flatnonzero(rows != NONE)
        known, asked = self._rows[rows[at]], wanted[at]
        return bool(
            (known.get_column("key") == asked.get_column("key")).all()
            and (known.get_column("sid") == asked.get_column("sid")).all()
        )

    def _find_slowly(self, wanted: pl.DataFrame) -> Rows:
        index = self._rows.unique(["sid", "key"], keep="first")
        found = wanted.join(index, on=["sid", "key"], how="left", maintain_order="left").get_column("row")
        rows: Rows = found.cast(pl.Int64).fill_null(NONE).to_numpy()
        return rows


def _hash() -> pl.Expr:
    return (pl.col("key").hash() ^ pl.col("sid").hash(1)).alias("hash")
