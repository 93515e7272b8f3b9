"""Agents that hang on their parent's own span, and whether it went on while they worked."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.agents import Lanes
from agenttrace.ingest.assembly.columns import Mask, are
from agenttrace.ingest.assembly.frames import WORK
from agenttrace.ingest.assembly.lookup import NONE, Rows


def went_on_beside(lanes: Lanes, spans: pl.DataFrame, spawn: Rows, tolerance_ns: int) -> Mask:
    """For each lane whether its parent, on whose own span it hangs, asked for something new while it ran.

    Where it asked after work of its own that ended meanwhile, it cannot have waited. That its span reaches over the
    lane does not say so: it reaches over all that the agent did. Nor did it wait where a call of its own ran beside
    the lane, in a session of which other agents are shown in the calls that run them.
    """
    facts = lanes.facts
    hangs_on = are(spans, "kind", "agent", "interaction")[spawn]
    rows = np.flatnonzero((spawn != NONE) & hangs_on & (facts.worked.spans > 0))
    beside = np.zeros(len(spawn), np.bool_)
    if not len(rows):
        return beside
    low, high = facts.worked.low[rows], facts.worked.high[rows]
    hangs = pl.DataFrame(
        {"lane_no": rows, "parent_lane_no": facts.parent[rows], "high": high, "at": low + tolerance_ns}
    )
    work = (
        spans.select("kind", "purpose", "start_ns", "end_ns")
        .with_columns(parent_lane_no=pl.Series(lanes.lane))
        .filter(pl.col("kind").is_in(WORK) & (pl.col("purpose") != "side_request"))
    )
    asked = work.filter(pl.col("kind") == "request").select("parent_lane_no", at="start_ns", asked="start_ns")
    done = work.select("parent_lane_no", at="end_ns", done="end_ns")
    after = _next_of_parent(_next_of_parent(hangs.sort("at"), done).with_columns(at="done").sort("at"), asked)
    called = _next_of_parent(
        hangs.filter(pl.Series(_calls_shown(facts.sid, spans, spawn)[rows])).sort("at"),
        work.filter(pl.col("kind") == "tool").select("parent_lane_no", at="end_ns", asked="start_ns"),
    )
    for found in (after, called):
        went_on = found.filter(pl.col("asked") < pl.col("high") - tolerance_ns)
        beside[went_on.get_column("lane_no").to_numpy()] = True
    return beside


def _calls_shown(sid: Rows, spans: pl.DataFrame, spawn: Rows) -> Mask:
    """The lanes of sessions in which some agent is shown in the call that runs it."""
    in_call = (spawn != NONE) & are(spans, "kind", "tool")[spawn]
    shown: Mask = np.isin(sid, sid[in_call])
    return shown


def _next_of_parent(hangs: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """The lanes of which the parent has such an event at or after `at`, with the first of them."""
    found = hangs.join_asof(
        events.sort("at"), on="at", by="parent_lane_no", strategy="forward", check_sortedness=False
    )
    return found.filter(pl.col(events.columns[-1]).is_not_null())
