"""Agents that a call runs, and that a server is done with a little after the call."""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.ingest.assembly.spawns import SPAWN_TOLERANCE_NS
from agenttrace.model.vocabulary import Evidence, Severity


def end_with_calls(held: Held, ledger: Ledger) -> Held:
    """What an agent that its parent waits for does ends with the call that runs it, where clocks have it end later.

    The call waited for it: past its end the agent's program had what it wanted, whatever its server still did.
    """
    calls = _calls(held)
    if calls.is_empty():
        return held
    spans = held.spans.with_columns(lane_no=pl.Series(held.lane, dtype=pl.Int64)).join(
        calls, on="lane_no", how="left", maintain_order="left"
    )
    over = pl.col("end_ns") - pl.col("call_end")
    late = (over > 0) & (over <= SPAWN_TOLERANCE_NS) & (pl.col("start_ns") < pl.col("call_end"))
    spans = spans.with_columns(late=late.fill_null(value=False))
    if not spans.get_column("late").any():
        return held
    ledger.add_rows(
        "agent_end_clipped",
        Severity.INFO,
        "what an agent does ends up to 5 ms after the call that runs it: cut at the call's end",
        spans.filter("late"),
    )
    ended = spans.with_columns(
        end_ns=pl.when("late").then("call_end").otherwise("end_ns"),
        end_evidence=pl.when("late")
        .then(pl.lit(Evidence.BOUNDED.value).cast(spans.get_column("end_evidence").dtype))
        .otherwise("end_evidence"),
    )
    return Held(ended.select(held.spans.columns), held.parents, held.lane, held.lanes)


def _calls(held: Held) -> pl.DataFrame:
    """Of each lane that runs in a call that waits for it, when that ends."""
    run = held.lanes.filter((pl.col("spawn_row") != NONE) & ~pl.col("background"))
    ends = held.spans.get_column("end_ns").gather(run.get_column("spawn_row"))
    calls = (held.spans.get_column("kind") == "tool").gather(run.get_column("spawn_row"))
    return run.select("lane_no").with_columns(call_end=ends).filter(calls)
