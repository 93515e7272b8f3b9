"""Block hashes of prompts, as the change against the agent's previous request."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.holders import Held
from agenttrace.model.vocabulary import HashScope

_NOTHING = pl.DataFrame(
    schema={
        "sid": pl.Int64,
        "row": pl.Int64,
        "lane": pl.Int64,
        "block_size": pl.Int32,
        "blocks": pl.List(pl.UInt64),
        "scope": pl.Enum([scope.value for scope in HashScope]),
        "kept_blocks": pl.Int32,
        "previous_blocks": pl.Int32,
    }
)


def place_prefixes(held: Held, prefixes: pl.DataFrame) -> pl.DataFrame:
    """One row for each request with hashes, in order of lane and start.

    Columns: sid, row, lane, block_size, blocks, scope, kept_blocks (leading blocks equal to those of the
    previous row of the same lane and block size; 0 for the first), previous_blocks (their number).
    """
    if prefixes.is_empty():
        return _NOTHING
    rows = held.spans.select(
        "sid", "span_key", "kind", "start_ns", "end_ns", row=pl.int_range(pl.len(), dtype=pl.Int64)
    ).with_columns(lane=pl.Series(held.lane))
    placed = (
        prefixes.unique(subset=["sid", "span_key"], keep="first", maintain_order=True)
        .join(rows.filter(pl.col("kind") == "request"), on=["sid", "span_key"])
        .sort("lane", "start_ns", "end_ns", "span_key")
    )
    kept, previous = _kept(placed)
    return placed.select(
        "sid", "row", "lane", "block_size", "blocks", pl.col("scope").fill_null(HashScope.EVERYWHERE.value)
    ).with_columns(
        kept_blocks=pl.Series(kept, dtype=pl.Int32), previous_blocks=pl.Series(previous, dtype=pl.Int32)
    )


def _kept(placed: pl.DataFrame) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    values = placed.get_column("blocks").explode(empty_as_null=False).to_numpy()
    lengths = placed.get_column("blocks").list.len().to_numpy().astype(np.int64)
    ends = np.cumsum(lengths)
    lane = placed.get_column("lane").to_numpy()
    size = placed.get_column("block_size").to_numpy()
    kept = np.zeros(len(lengths), dtype=np.int32)
    previous = np.zeros(len(lengths), dtype=np.int32)
    for at in range(1, len(lengths)):
        if lane[at] != lane[at - 1] or size[at] != size[at - 1]:
            continue
        before = values[ends[at - 1] - lengths[at - 1] : ends[at - 1]]
        now = values[ends[at] - lengths[at] : ends[at]]
        shared = min(len(before), len(now))
        differs = before[:shared] != now[:shared]
        kept[at] = int(differs.argmax()) if differs.any() else shared
        previous[at] = len(before)
    return kept, previous


def delta_coded(placed: pl.DataFrame) -> pl.DataFrame:
    """The rows of the prefixes table: sid, row, block_size, kept_blocks, new_blocks, scope."""
    return placed.select(
        "sid",
        "row",
        "block_size",
        "kept_blocks",
        "scope",
        new_blocks=pl.col("blocks").list.slice(pl.col("kept_blocks").cast(pl.UInt32)),
    )
