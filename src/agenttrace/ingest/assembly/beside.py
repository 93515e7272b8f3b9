"""Agents that hang on their parent's own span, and whether it went on while they worked."""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.frames import WORK
from agenttrace.ingest.assembly.lookup import Rows


def went_on_beside(
    table: pl.DataFrame, spans: pl.DataFrame, lane: Rows, spawn: Rows, tolerance_ns: int
) -> pl.Series:
    """For each lane whether its parent, on whose own span it hangs, asked for something new while it ran.

    Where it asked after work of its own that ended meanwhile, it cannot have waited. That its span reaches over the
    lane does not say so: it reaches over all that the agent did. Nor did it wait where a call of its own ran beside
    the lane, in a session of which other agents are shown in the calls that run them.
    """
    holds = spans.select((pl.col("kind").is_in(["agent", "interaction"])).arg_true()).to_series()
    hangs = (
        table.select("sid", "lane_no", "parent_lane_no", "low", "high")
        .filter(pl.Series(spawn).is_in(holds.implode()) & pl.col("low").is_not_null())
        .with_columns(at=pl.col("low") + tolerance_ns)
        .sort("at")
    )
    if hangs.is_empty():
        return pl.repeat(pl.lit(value=False), table.height, eager=True)
    work = (
        spans.select("kind", "purpose", "start_ns", "end_ns")
        .with_columns(parent_lane_no=pl.Series(lane, dtype=pl.Int64))
        .filter(pl.col("kind").is_in(WORK) & (pl.col("purpose") != "side_request"))
    )
    asked = work.filter(pl.col("kind") == "request").select("parent_lane_no", at="start_ns", asked="start_ns")
    done = work.select("parent_lane_no", at="end_ns", done="end_ns")
    after = _next_of_parent(_next_of_parent(hangs, done).with_columns(at="done").sort("at"), asked)
    called = _next_of_parent(
        hangs.filter(pl.col("sid").is_in(_calls_shown(table, spans, spawn).implode())),
        work.filter(pl.col("kind") == "tool").select("parent_lane_no", at="end_ns", asked="start_ns"),
    )
    last = pl.col("high") - tolerance_ns
    beside = [each.filter(pl.col("asked") < last).get_column("lane_no") for each in (after, called)]
    return table.get_column("lane_no").is_in(pl.concat(beside).implode())


def _calls_shown(table: pl.DataFrame, spans: pl.DataFrame, spawn: Rows) -> pl.Series:
    """The sessions in which some agent is shown in the call that runs it."""
    tools = spans.select((pl.col("kind") == "tool").arg_true()).to_series()
    return table.filter(pl.Series(spawn).is_in(tools.implode())).get_column("sid").unique()


def _next_of_parent(hangs: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """The lanes of which the parent has such an event at or after `at`, with the first of them."""
    found = hangs.join_asof(
        events.sort("at"), on="at", by="parent_lane_no", strategy="forward", check_sortedness=False
    )
    return found.filter(pl.col(events.columns[-1]).is_not_null())
