"""Busy time: what each span spends on itself, less what its children cover, on the path or not."""

from __future__ import annotations

import polars as pl

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
    bounds = spans.select("row", parent_start="graph_start", parent_end="graph_end")
    children = (
        spans.filter(pl.col("parent_row") != pl.col("row"))
        .select("parent_row", "graph_start", "graph_end")
        .join(bounds, left_on="parent_row", right_on="row")
        .select(
            row="parent_row",
            start_ns=pl.max_horizontal("graph_start", "parent_start"),
            end_ns=pl.min_horizontal("graph_end", "parent_end"),
        )
        .filter(pl.col("end_ns") > pl.col("start_ns"))
        .sort("row", "start_ns", "end_ns")
    )
    reach = pl.col("end_ns").cum_max().shift(1).over("row")
    apart = (pl.col("start_ns") > reach).fill_null(value=True)
    return (
        children.with_columns(group=apart.cum_sum())
        .group_by("row", "group")
        .agg(pl.col("start_ns").min(), pl.col("end_ns").max())
        .drop("group")
    )
