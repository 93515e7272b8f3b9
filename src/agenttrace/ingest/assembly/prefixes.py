"""Block hashes of prompts, as the change against the agent's previous request."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.prompts import Prompts
from agenttrace.model.vocabulary import HashScope

_NOTHING = pl.DataFrame(
    schema={
        "sid": pl.Int64,
        "row": pl.Int64,
        "lane": pl.Int64,
        "block_size": pl.Int32,
        "prompt": pl.Int64,
        "scope": pl.Enum([scope.value for scope in HashScope]),
        "kept_blocks": pl.Int32,
    }
)


def place_prefixes(held: Held, prefixes: pl.DataFrame, prompts: Prompts) -> pl.DataFrame:
    """One row for each request with hashes, in order of lane and start.

    Columns: sid, row, lane, block_size, prompt (its number in `prompts`), scope, kept_blocks (leading blocks equal
    to those of the previous row of the same lane and block size; 0 for the first).
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
    return placed.select(
        "sid", "row", "lane", "block_size", "prompt", pl.col("scope").fill_null(HashScope.EVERYWHERE.value)
    ).with_columns(kept_blocks=pl.Series(_kept(placed, prompts), dtype=pl.Int32))


def _kept(placed: pl.DataFrame, prompts: Prompts) -> list[int]:
    lane, size, prompt = (placed.get_column(name).to_list() for name in ("lane", "block_size", "prompt"))
    same = [False, *(lane[i] == lane[i - 1] and size[i] == size[i - 1] for i in range(1, len(lane)))]
    return [prompts.shared(prompt[i - 1], one) if same[i] else 0 for i, one in enumerate(prompt)]


def delta_coded(placed: pl.DataFrame, prompts: Prompts) -> pl.DataFrame:
    """The rows of the prefixes table: sid, row, block_size, kept_blocks, new_blocks, scope."""
    kept = placed.get_column("kept_blocks").to_list()
    new = [
        prompts.after(prompt, have)
        for prompt, have in zip(placed.get_column("prompt").to_list(), kept, strict=True)
    ]
    values = pa.array(np.concatenate([np.zeros(0, np.uint64), *new]))
    ends = np.concatenate([[0], np.cumsum([len(blocks) for blocks in new])]).astype(np.int64)
    offsets: Any = pa.array(ends)
    lists = pa.LargeListArray.from_arrays(offsets, values)
    return placed.select("sid", "row", "block_size", "kept_blocks", "scope").with_columns(
        new_blocks=pl.Series(pl.from_arrow(lists))
    )
