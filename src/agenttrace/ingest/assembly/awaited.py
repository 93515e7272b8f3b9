"""Calls that wait for agents: until those are done, it is their work that takes the time, not the call."""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.frames import TOLERANCE_NS
from agenttrace.ingest.assembly.holders import Held
from agenttrace.model.vocabulary import Evidence, LinkKind


def begin_when_agents_are_done(held: Held, links: pl.DataFrame) -> Held:
    """A tool call that a lane joins begins, as work of its own, with the last that the lane did before its end.

    A lane that no source tells of explains nothing: then the whole call stays a wait of unknown kind.
    """
    joins = links.filter(pl.col("kind") == LinkKind.JOINS.value) if links.height else links
    if joins.is_empty():
        return held
    waits = _waits(held, joins)
    if waits.is_empty():
        return held
    done = _last_work(held, waits)
    begun = held.spans.with_columns(
        row=pl.int_range(pl.len(), dtype=pl.Int64),
    ).join(done, on="row", how="left", maintain_order="left")
    later = (pl.col("done_ns") > pl.col("start_ns")).fill_null(value=False)
    spans = begun.with_columns(
        start_ns=pl.when(later).then(pl.min_horizontal("done_ns", "end_ns")).otherwise("start_ns"),
        start_evidence=pl.when(later)
        .then(pl.lit(Evidence.BOUNDED.value).cast(held.spans.get_column("start_evidence").dtype))
        .otherwise("start_evidence"),
    )
    return Held(spans.select(held.spans.columns), held.parents, held.lane, held.lanes)


def _waits(held: Held, joins: pl.DataFrame) -> pl.DataFrame:
    """Pairs of a call (row, end_ns) and a lane that it waits for."""
    calls = held.spans.select(
        "sid", "end_ns", "kind", to_key="span_key", row=pl.int_range(pl.len(), dtype=pl.Int64)
    ).filter(pl.col("kind") == "tool")
    lanes = held.lanes.select("sid", "lane_no", from_key="lane")
    return (
        joins.select("sid", "from_key", "to_key")
        .unique()
        .join(calls, on=["sid", "to_key"])
        .join(lanes, on=["sid", "from_key"])
        .select("row", "lane_no", "end_ns")
    )


def _last_work(held: Held, waits: pl.DataFrame) -> pl.DataFrame:
    """For each call the end of the last that one of its lanes did before the call ended."""
    holders = held.lanes.get_column("holder")
    work = (
        held.spans.select(done_ns="end_ns", span=pl.int_range(pl.len(), dtype=pl.Int64))
        .with_columns(lane_no=pl.Series(held.lane, dtype=pl.Int64))
        .filter(
            ~pl.col("span").is_in(holders.implode()) & pl.col("lane_no").is_in(waits["lane_no"].implode())
        )
        .select("lane_no", "done_ns", at="done_ns")
        .sort("at")
    )
    due = waits.with_columns(at=pl.col("end_ns") + TOLERANCE_NS).sort("at")
    found = due.join_asof(work, on="at", by="lane_no", strategy="backward", check_sortedness=False)
    return found.drop_nulls("done_ns").group_by("row").agg(pl.col("done_ns").max())
