"""Turns: an agent's requests of purpose turn, counted from 1, each with what it set off."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

_COUNTED = ("request", "tool", "compaction", "user_wait", "other")


def number_turns(spans: pl.DataFrame, lane: NDArray[np.int64]) -> pl.Series:
    """The turn of each span: of tools the last request that had started, of a failed attempt its retry's.

    Null for containers, and for what precedes the first request of its lane.
    """
    rows = spans.select(
        "kind", "purpose", "start_ns", "end_ns", row=pl.int_range(pl.len(), dtype=pl.Int64)
    ).with_columns(lane=pl.Series(lane))
    is_turn = (pl.col("kind") == "request") & (pl.col("purpose") == "turn")
    rows = rows.sort("lane", "start_ns", is_turn.not_(), "end_ns", "row")
    counted = is_turn.cast(pl.Int32).cum_sum().over("lane")
    coming = (pl.col("kind") == "request") & (pl.col("purpose") == "failed_attempt")
    turn = pl.when(coming).then(counted + 1).otherwise(counted)
    known = pl.col("kind").cast(pl.String).is_in(_COUNTED) & (turn > 0)
    return rows.select("row", turn=pl.when(known).then(turn)).sort("row").get_column("turn").cast(pl.Int32)
