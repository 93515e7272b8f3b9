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
        .sort("critical_ns", length, "span", descending=[True, True, False])
        .head(most_spans)
        .select(pl.col("place").cast(pl.Int64))
        .sort("place")
        .with_columns(moved=pl.int_range(pl.len(), dtype=pl.Int64))
    )
    slices = timeline.slices.join(kept, on="place", maintain_order="left")
    path = timeline.path.join(kept, on="place", how="left", maintain_order="left")
    return replace(
        timeline,
        spans=spans[kept["place"]],
        slices=slices.with_columns(place="moved").drop("moved"),
        left_out=timeline.left_out + spans.height - most_spans,
        path=path.with_columns(place="moved").drop("moved"),
    )
