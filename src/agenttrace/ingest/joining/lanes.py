"""Lanes of the views of one run: one agent has one lane, by whatever key each source calls it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.frames import Frames
from agenttrace.ingest.assembly.lane_numbers import MAIN, lane_of
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.ingest.assembly.parents import parent_rows
from agenttrace.ingest.joining.requests import Sightings


def adopt_lanes(spans: pl.DataFrame, frames: Frames, seen: Sightings) -> tuple[pl.DataFrame, Frames]:
    """The spans and the agents with the lane keys of those views that stand for the requests.

    Where such a view is of a source that knows of no agents, a view that does gives it its lane.
    """
    spans = _with_stated_lanes(spans, seen)
    names = _lane_names(spans, seen)
    if names.is_empty():
        return spans, frames
    return renamed(spans, names, "agent_key"), replace(
        frames,
        agents=renamed(frames.agents, names, "agent_key", "parent_agent_key"),
        links=renamed(frames.links, names, "from_key"),
    )


def lanes_known(spans: pl.DataFrame) -> pl.Series:
    """For each row whether its source tells agents of its session apart."""
    lane = lane_of(spans, parent_rows(spans))
    return (
        spans.select("sid", "origin")
        .with_columns(lane=lane)
        .select((pl.col("lane") != MAIN).any().over("sid", "origin"))
        .to_series()
    )


def _with_stated_lanes(spans: pl.DataFrame, seen: Sightings) -> pl.DataFrame:
    views = pl.DataFrame(
        {
            "row": seen.holder,
            "agent_key": spans.get_column("agent_key"),
            "start_ns": spans.get_column("start_ns"),
        }
    ).filter((pl.col("row") != NONE) & pl.col("agent_key").is_not_null())
    told = views.sort("row", "start_ns", "agent_key").unique("row", keep="first", maintain_order=True)
    found = (
        spans.select(
            row=pl.int_range(pl.len(), dtype=pl.Int64), own="agent_key", laneless=~lanes_known(spans)
        )
        .join(told.select("row", "agent_key"), on="row", how="left", maintain_order="left")
        .select(pl.when("laneless").then(pl.coalesce("own", "agent_key")).otherwise("own"))
        .to_series()
    )
    return spans.with_columns(agent_key=found)


def _lane_names(spans: pl.DataFrame, seen: Sightings) -> pl.DataFrame:
    """Frame of sid, old and new: stated lanes none of whose requests stand, and the lane that most of them are."""
    rows = np.flatnonzero(seen.holder != NONE)
    holders = seen.holder[rows]
    lane = lane_of(spans, parent_rows(spans))
    facts = pl.DataFrame(
        {
            "sid": spans.get_column("sid").gather(rows),
            "old": lane.gather(rows),
            "new": lane.gather(holders),
            "stands": rows == holders,
        }
    )
    standing = facts.filter("stands").select("sid", old="new").unique()
    votes = (
        facts.filter(~pl.col("stands") & (pl.col("old") != pl.col("new")) & (pl.col("old") != MAIN))
        .join(standing, on=["sid", "old"], how="anti")
        .group_by("sid", "old", "new")
        .len()
    )
    most = votes.sort("sid", "old", "len", "new", descending=[False, False, True, False])
    return most.unique(["sid", "old"], keep="first", maintain_order=True).select("sid", "old", "new")


def renamed(frame: pl.DataFrame, names: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The frame with `old` replaced by `new` in these columns, session by session."""
    for column in columns:
        joined = frame.join(
            names.rename({"old": column}), on=["sid", column], how="left", maintain_order="left"
        )
        frame = joined.with_columns(pl.coalesce("new", column).alias(column)).drop("new")
    return frame
