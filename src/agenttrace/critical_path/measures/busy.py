"""Busy time: what each span spends on itself, less what its children cover, on the path or not."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.critical_path.arrays import order_by, run_starts, running_max
from agenttrace.critical_path.measures.chunk import Chunk


def exclusive_time(chunk: Chunk) -> pl.DataFrame:
    """Columns row, phase, busy_ns, exact, with one row for each part of a span's own time.

    Where the path runs through a span while a child of it runs that nothing waited for, the span was
    at work itself: that is its own time too, in the path's phase. So no phase has more time on the path
    than agents were busy with it.
    """
    walked = _walked(chunk)
    covered = _covered(chunk.spans, walked)
    if covered.is_empty():
        return chunk.own.select("row", "phase", busy_ns=pl.col("end_ns") - pl.col("start_ns"))
    holds = np.zeros(chunk.spans.height, np.bool_)
    holds[covered.get_column("row").to_numpy()] = True
    holding = pl.Series(holds[chunk.own.get_column("row").to_numpy()])
    length = pl.col("end_ns") - pl.col("start_ns")
    overlap = pl.min_horizontal("end_ns", "end_ns_cover") - pl.max_horizontal("start_ns", "start_ns_cover")
    rest = (
        chunk.own.filter(holding)
        .join(covered, on="row", how="left", suffix="_cover")
        .group_by("row", "phase", "start_ns", "end_ns")
        .agg(lost=overlap.clip(lower_bound=0).sum())
        .select("row", "phase", busy_ns=length - pl.col("lost"))
        .filter(pl.col("busy_ns") > 0)
    )
    alone = chunk.own.filter(~holding).select("row", "phase", busy_ns=length)
    return pl.concat([rest, alone, walked.select("row", "phase", busy_ns="length")])


def _walked(chunk: Chunk) -> pl.DataFrame:
    """The stretches of the path that are a parent's own; those of a span without children are all its own."""
    parent = chunk.spans.get_column("parent_row").to_numpy()
    holds = np.zeros(len(parent), np.bool_)
    holds[parent[parent != np.arange(len(parent))]] = True
    on_parents = holds[chunk.segments.get_column("row").to_numpy()]
    return chunk.segments.select("row", "phase", "start_ns", "end_ns", "length").filter(pl.Series(on_parents))


def _covered(spans: pl.DataFrame, walked: pl.DataFrame) -> pl.DataFrame:
    """Disjoint stretches of each parent in which a child runs, or which are walked: row, start_ns, end_ns."""
    parent = spans.get_column("parent_row").to_numpy()
    low, high = spans.get_column("graph_start").to_numpy(), spans.get_column("graph_end").to_numpy()
    start, end = np.maximum(low, low[parent]), np.minimum(high, high[parent])
    child = np.flatnonzero((end > start) & (parent != np.arange(len(parent))))
    row = np.concatenate([parent[child], walked.get_column("row").to_numpy()])
    start = np.concatenate([start[child], walked.get_column("start_ns").to_numpy()])
    end = np.concatenate([end[child], walked.get_column("end_ns").to_numpy()])
    order, _ = order_by(row, start, np.zeros(len(row), np.int64))
    row, start, end = row[order], start[order], end[order]
    first = run_starts(row)
    reach = running_max(row, end)
    first[1:] |= start[1:] > reach[:-1]
    at = np.flatnonzero(first)
    last = np.append(at[1:], len(row)) - 1 if len(at) else at
    return pl.DataFrame({"row": row[at], "start_ns": start[at], "end_ns": reach[last]})
