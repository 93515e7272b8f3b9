"""Busy time: what each span spends on itself, less what its children cover, on the path or not."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.critical_path.arrays import order_by, run_starts, running_max
from agenttrace.critical_path.measures.chunk import Chunk


def exclusive_time(chunk: Chunk) -> pl.DataFrame:
    """Columns row, phase, busy_ns, exact; spans that are covered by their children are left out."""
    covered = _covered_by_children(chunk.spans)
    if covered.is_empty():
        return chunk.own.select("row", "phase", busy_ns=pl.col("end_ns") - pl.col("start_ns"))
    pieces = (
        chunk.own.join(covered, on="row", how="left", suffix="_cover")
        .with_columns(
            lost=pl.when(pl.col("end_ns_cover").is_not_null())
            .then(
                pl.min_horizontal("end_ns", "end_ns_cover") - pl.max_horizontal("start_ns", "start_ns_cover")
            )
            .otherwise(0)
            .clip(lower_bound=0)
        )
        .group_by("row", "phase", "start_ns", "end_ns")
        .agg(pl.col("lost").sum())
    )
    return pieces.select(
        "row", "phase", busy_ns=pl.col("end_ns") - pl.col("start_ns") - pl.col("lost")
    ).filter(pl.col("busy_ns") > 0)


def _covered_by_children(spans: pl.DataFrame) -> pl.DataFrame:
    """Disjoint stretches of each parent in which a child runs: row (the parent), start_ns, end_ns."""
    parent = spans.get_column("parent_row").to_numpy()
    low, high = spans.get_column("graph_start").to_numpy(), spans.get_column("graph_end").to_numpy()
    start, end = np.maximum(low, low[parent]), np.minimum(high, high[parent])
    child = np.flatnonzero((end > start) & (parent != np.arange(len(parent))))
    order, _ = order_by(parent[child], start[child], np.zeros(len(child), np.int64))
    child = child[order]
    row, start, end = parent[child], start[child], end[child]
    first = run_starts(row)
    reach = running_max(row, end)
    first[1:] |= start[1:] > reach[:-1]
    at = np.flatnonzero(first)
    last = np.append(at[1:], len(row)) - 1 if len(at) else at
    return pl.DataFrame({"row": row[at], "start_ns": start[at], "end_ns": reach[last]})
