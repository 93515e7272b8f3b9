"""Arrow tables as polars frames, column by column: a whole table goes through threads, for which small ones wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa


def frame_of(table: pa.Table) -> pl.DataFrame:
    """A table as a frame."""
    return pl.DataFrame(
        [pl.Series(name, column) for name, column in zip(table.column_names, table.columns, strict=True)]
    )


def plain(table: pa.Table) -> pl.DataFrame:
    """A table as a frame, its words and names as text."""
    columns = [
        column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return frame_of(pa.table(columns, names=table.column_names))


def texts(names: Sequence[str | None] | pa.StringArray, places: np.ndarray) -> pl.Series:
    """The names at these places, null where a place is -1, as a column."""
    known = names if isinstance(names, pa.StringArray) else pa.array(names, pa.string())
    none = places < 0
    at: pa.Array[Any] = pa.array(places, mask=none) if none.any() else pa.array(places)
    return pl.Series(known.take(at))
