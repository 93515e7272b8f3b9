"""Interactions of several sources: those that hold the same requests and calls are one, and hold what others tell."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.frames import TOLERANCE_NS
from agenttrace.ingest.assembly.lane_numbers import lane_of
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.parents import nearest, parent_rows
from agenttrace.ingest.joining.requests import unsureness

_HOLDS = (pl.col("kind") == "interaction") | ((pl.col("kind") == "other") & pl.col("own_phase").is_not_null())
"""Prompts: of the user, and of the program itself."""


def same_interactions(spans: pl.DataFrame, told: Rows) -> Rows:
    """For each interaction the row of another source's that it is; or NONE.

    `told`: for each request and call the row of another source that it is. Two interactions are one if more of
    these are in both than in either and any other. The one whose bounds are known best stands.
    """
    into = np.full(spans.height, NONE, np.int64)
    holder = nearest(parent_rows(spans), spans.select(_HOLDS).to_series().to_numpy())
    rows = np.flatnonzero(told != NONE)
    facts = spans.select("origin", "kind", unsure=pl.Series(unsureness(spans))).with_row_index("row")
    facts = facts.with_columns(pl.col("row").cast(pl.Int64))
    votes = (
        pl.DataFrame({"a": holder[rows], "b": holder[told[rows]]})
        .group_by("a", "b")
        .len()
        .join(facts.rename({"row": "a"}), on="a")
        .join(facts.rename({"row": "b"}), on=["b", "kind"], suffix="_b")
        .filter(pl.col("origin") != pl.col("origin_b"))
    )
    for counted in (pl.col("len") == pl.col("len").max(), pl.len() == 1):
        votes = votes.filter(counted.over("a", "origin_b") & counted.over("b", "origin"))
    better = pl.col("unsure") < pl.col("unsure_b")
    found = votes.select(
        gone=pl.when(better).then("b").otherwise("a"), stands=pl.when(better).then("a").otherwise("b")
    ).sort("gone", "stands")
    into[found.get_column("gone").to_numpy()] = found.get_column("stands").to_numpy()
    return into


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
