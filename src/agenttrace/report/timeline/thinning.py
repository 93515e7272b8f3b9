"""Sessions of more spans than a page can hold: what the path runs through stays, then what took longest."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from agenttrace.report.timeline.timeline import Timeline


def thinned(timeline: Timeline, most_spans: int) -> Timeline:
    """The timeline with at most so many spans; the path is whole whatever is left out around it."""
    spans = timeline.spans
    if spans.height <= most_spans:
        return timeline
    length = pl.col("end_ns") - pl.col("start_ns")
    kept = (
        spans.with_row_index("place")
        .sort(
            pl.col("critical_ns").max().over("outer"),
            length,
            "inner",
            "span",
            descending=[True, True, False, False],
        )
        .head(most_spans)
        .select(pl.col("place").cast(pl.Int64))
        .sort("place")
        .with_columns(moved=pl.int_range(pl.len(), dtype=pl.Int64))
    )
    slices = timeline.slices.join(kept, on="place", maintain_order="left")
    path = timeline.path.join(kept, on="place", how="left", maintain_order="left")
    return replace(
        timeline,
        spans=_remapped(spans[kept["place"]], kept),
        slices=slices.with_columns(place="moved").drop("moved"),
        left_out=timeline.left_out + spans.height - most_spans,
        path=path.with_columns(place="moved").drop("moved"),
    )


def _remapped(spans: pl.DataFrame, kept: pl.DataFrame) -> pl.DataFrame:
    """With the new places of outermost spans, which stay where anything in them does."""
    moved = kept.select(outer="place", new="moved")
    return (
        spans.join(moved, on="outer", how="left", maintain_order="left").with_columns(outer="new").drop("new")
    )
