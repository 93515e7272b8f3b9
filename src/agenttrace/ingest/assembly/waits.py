"""Waiting that no record states: for the user, and while the machine slept or the session lay idle."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.frames import stacked
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.ingest.assembly.ordering import order_of
from agenttrace.ingest.assembly.parents import views_of_requests
from agenttrace.ingest.assembly.uses import CLOSE_NS, CLOSE_SHARE

_LEAF = ("request", "tool", "compaction", "user_wait", "other")


def add_waits(held: Held, suspend_after_ns: int, untimed: pl.Series) -> Held:
    """Adds spans of kind user_wait to main lanes; those beyond the limit are suspended time.

    A user is waited for where the main agent has nothing outstanding, and what comes next answers a
    message of the user's, or is a new interaction; neither a compaction nor what follows one is, nor what comes at
    once when an agent in the background is done.
    Where nothing at all ran for longer than the limit, the session was suspended, whatever came next.
    The sessions `untimed` have no gaps that mean anything.
    """
    waits = (
        pl.concat([_user_gaps(held), _idle_gaps(held, suspend_after_ns)])
        .filter(~pl.col("sid").is_in(untimed.implode()))
        .unique(subset=["lane_no", "start_ns"], keep="first", maintain_order=True)
    )
    held = _appended(held, waits)
    kind, length = pl.col("kind"), pl.col("end_ns") - pl.col("start_ns")
    slept = (kind == "user_wait") & (length > suspend_after_ns) & pl.col("own_phase").is_null()
    own_phase = held.spans.get_column("own_phase").dtype
    spans = held.spans.with_columns(
        own_phase=pl.when(slept).then(pl.lit("suspended")).otherwise("own_phase").cast(own_phase)
    )
    return Held(spans, held.parents, held.lane, held.lanes)


def _main_rows(held: Held) -> pl.DataFrame:
    """What main agents did, by lane and start; views of a request are the request, whose clock may be another."""
    main = held.lanes.get_column("main").to_numpy()[held.lane]
    holders = np.zeros(held.spans.height, dtype=bool)
    holders[held.lanes.get_column("holder").to_numpy()] = True
    kind = held.spans.get_column("kind")
    work = main & ~holders & (kind != "session").to_numpy() & ~views_of_requests(kind, held.parents)
    rows = np.flatnonzero(work)
    start, end = (held.spans.get_column(name).to_numpy()[rows] for name in ("start_ns", "end_ns"))
    rows = rows[order_of(held.lane[rows], start, -end)]
    facts = held.spans.select("sid", "kind", "trigger", "purpose", "attempt", "start_ns", "end_ns")[rows]
    return facts.with_columns(lane_no=pl.Series(held.lane[rows]))


def _user_gaps(held: Held) -> pl.DataFrame:
    rows = _main_rows(held)
    same = pl.col("lane_no") == pl.col("lane_no").shift(1)
    rows = rows.with_columns(
        reach=pl.col("end_ns").cum_max().shift(1).over("lane_no"),
        after=pl.when(same).then(pl.col("purpose").shift(1)),
    )
    first_attempt = pl.col("attempt").fill_null(1) == 1
    summarised = (pl.col("after") == "compaction").fill_null(value=False)
    asked = (
        (pl.col("kind") == "request") & (pl.col("trigger") == "user_message") & first_attempt & ~summarised
    )
    called = pl.col("kind") == "interaction"
    gaps = rows.filter((asked | called) & (pl.col("reach") < pl.col("start_ns")))
    return _wait_rows(held, _not_ended_by_agents(held, gaps), pl.col("start_ns"))


def _not_ended_by_agents(held: Held, gaps: pl.DataFrame) -> pl.DataFrame:
    """Without those that end at once where a background agent does: its result came as a message, no user's."""
    ends = held.lanes.filter("background").select(lane_no="parent_lane_no", high="high").drop_nulls()
    if ends.is_empty() or gaps.is_empty():
        return gaps
    told = gaps.sort("start_ns").join_asof(
        ends.sort("high"), left_on="start_ns", right_on="high", by="lane_no", check_sortedness=False
    )
    pause, resume = pl.col("start_ns") - pl.col("reach"), pl.col("start_ns") - pl.col("high")
    at_once = (resume < pause) & (resume <= pl.min_horizontal(CLOSE_NS, CLOSE_SHARE * pause))
    return told.filter(~at_once.fill_null(value=False)).drop("high")


def _idle_gaps(held: Held, suspend_after_ns: int) -> pl.DataFrame:
    """Stretches longer than the limit in which no span of the session ran at all."""
    leaf = np.flatnonzero(held.spans.get_column("kind").is_in(_LEAF).to_numpy())
    sid, start, end = (held.spans.get_column(name).to_numpy() for name in ("sid", "start_ns", "end_ns"))
    ordered = leaf[order_of(sid[leaf], start[leaf], end[leaf])]
    main_lane = held.lanes.filter("main").select("sid", lane_no="lane_no")
    rows = (
        held.spans.select("sid", "start_ns", "end_ns")[ordered]
        .with_columns(reach=pl.col("end_ns").cum_max().shift(1).over("sid"))
        .filter(pl.col("start_ns") - pl.col("reach") > suspend_after_ns)
        .join(main_lane, on="sid")
        .with_columns(parent=pl.lit(NONE, pl.Int64))
    )
    return _wait_rows(held, rows, pl.col("start_ns"))


def _wait_rows(held: Held, gaps: pl.DataFrame, end: pl.Expr) -> pl.DataFrame:
    holder = held.lanes.select("lane_no", "holder", holder_start=pl.lit(0))
    return (
        gaps.join(holder, on="lane_no")
        .select("sid", "lane_no", start_ns="reach", end_ns=end, parent=pl.col("holder").cast(pl.Int64))
        .sort("sid", "start_ns", "end_ns")
    )


def _appended(held: Held, waits: pl.DataFrame) -> Held:
    if waits.is_empty():
        return held
    kind, purpose, evidence = (
        held.spans.get_column(name).dtype for name in ("kind", "purpose", "start_evidence")
    )
    known = {
        "sid": pl.col("sid"),
        "kind": pl.lit("user_wait").cast(kind),
        "span_key": pl.format("user_wait:{}", "start_ns"),
        "purpose": pl.lit("turn").cast(purpose),
        "start_ns": pl.col("start_ns"),
        "end_ns": pl.col("end_ns"),
        "start_evidence": pl.lit("derived").cast(evidence),
        "end_evidence": pl.lit("derived").cast(evidence),
        "blocking": pl.lit(value=True),
        "open_end": pl.lit(value=False),
        "origin": pl.lit(NONE, pl.Int32),
    }
    return Held(
        stacked(held.spans, waits.select(**known)),
        np.concatenate([held.parents, waits.get_column("parent").to_numpy()]),
        np.concatenate([held.lane, waits.get_column("lane_no").to_numpy()]),
        held.lanes,
    )
