"""What one source tells of a lane goes into the interactions that another source divides that lane into."""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.agents import lane_of
from agenttrace.ingest.assembly.frames import TOLERANCE_NS
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.ingest.assembly.parents import parent_rows


def place_in_interactions(spans: pl.DataFrame) -> pl.DataFrame:
    """The spans; those without a parent are inside an interaction of another source that holds all of their time.

    A transcript's hooks, requests and waits stand side by side in its lane, where telemetry has an interaction
    around them: left beside it, they would seem to have waited for nothing in it.
    """
    parents = parent_rows(spans)
    facts = spans.select(
        "sid", "kind", "origin", "start_ns", "end_ns", "span_key", row=pl.int_range(pl.len(), dtype=pl.Int64)
    ).with_columns(lane=lane_of(spans, parents), loose=pl.Series(parents == NONE))
    holds = pl.col("kind") == "interaction"
    held = facts.filter(pl.col("loose") & ~holds & ~pl.col("kind").is_in(["session", "agent"]))
    interactions = facts.filter(holds).select(
        "sid", "lane", "start_ns", low="start_ns", high="end_ns", place="span_key", whose="origin"
    )
    if held.is_empty() or interactions.is_empty():
        return spans
    placed = (
        held.with_columns(reach=pl.col("start_ns") + TOLERANCE_NS)
        .sort("reach")
        .join_asof(
            interactions.sort("start_ns").rename({"start_ns": "begins"}),
            left_on="reach",
            right_on="begins",
            by=["sid", "lane"],
            strategy="backward",
            check_sortedness=False,
        )
        .filter((pl.col("end_ns") <= pl.col("high") + TOLERANCE_NS) & (pl.col("origin") != pl.col("whose")))
    )
    return (
        spans.with_columns(row=pl.int_range(pl.len(), dtype=pl.Int64))
        .join(placed.select("row", "place"), on="row", how="left", maintain_order="left")
        .with_columns(parent_key=pl.coalesce("place", "parent_key"))
        .select(spans.columns)
    )
