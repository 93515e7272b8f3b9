"""Where a background agent's result was first used, inferred where no record says so."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.holders import Held

CLOSE_NS = 50_000_000
"""An agent that waited goes on within so many nanoseconds of the end that it waited for."""

CLOSE_SHARE = 0.1
_RESULT_CONFIDENCE = 0.9
_RESUME_CONFIDENCE = 0.6


def infer_uses(held: Held, joined: set[int]) -> pl.DataFrame:
    """Links (sid, from_row, to_row, rule, confidence) from background lanes to the request that used them.

    `joined` holds the numbers of lanes with a stated use. Two rules, the stronger first:
    a request of the parent, after the lane's end, that answers a tool result although no tool of the
    parent ran before it; or the parent, idle while the lane ran on, goes on right after its end.
    """
    spans = held.spans
    waiting = held.lanes.filter(pl.col("background") & pl.col("high").is_not_null())
    links: list[tuple[int, int, int, str, float]] = []
    if waiting.is_empty():
        return _frame(links)
    facts = spans.select(
        "kind", "trigger", "status", "start_ns", "end_ns", row=pl.int_range(pl.len(), dtype=pl.Int64)
    ).with_columns(lane=pl.Series(held.lane))
    holders = held.lanes.get_column("holder")
    work = facts.filter(
        pl.col("kind").cast(pl.String).is_in(["request", "tool", "user_wait", "compaction"])
        & ~pl.col("row").is_in(holders.implode())
    ).sort("lane", "start_ns", "end_ns")
    by_lane = {key[0]: group for key, group in work.partition_by("lane", as_dict=True).items()}
    for lane_no, parent, sid, high, holder in waiting.select(
        "lane_no", "parent_lane_no", "sid", "high", "holder"
    ).iter_rows():
        if lane_no in joined or parent not in by_lane:
            continue
        use = _use(by_lane[parent], high)
        if use is not None:
            links.append((sid, holder, *use))
    return _frame(links)


def _use(parent: pl.DataFrame, high: int) -> tuple[int, str, float] | None:
    starts, ends = parent.get_column("start_ns").to_numpy(), parent.get_column("end_ns").to_numpy()
    kinds, rows = parent.get_column("kind").to_list(), parent.get_column("row").to_list()
    first = int(np.searchsorted(starts, high, side="left"))
    if first >= len(starts):
        return None
    reach = int(ends[:first].max()) if first else high
    requests = [index for index in range(first, len(starts)) if kinds[index] == "request"]
    if not requests:
        return None
    resume = int(starts[first]) - high
    idle = int(starts[first]) - reach
    if (
        requests[0] == first
        and reach <= high
        and resume <= max(CLOSE_NS, CLOSE_SHARE * idle)
        and resume < idle
    ):
        return rows[first], "parent goes on at its end", _RESUME_CONFIDENCE
    triggers, states = parent.get_column("trigger").to_list(), parent.get_column("status").to_list()
    for index in requests:
        before = index - 1
        unexplained = before < 0 or (kinds[before] == "request" and states[before] != "cancelled")
        if triggers[index] == "tool_result" and unexplained:
            return rows[index], "tool result without a tool call", _RESULT_CONFIDENCE
    return None


def _frame(links: list[tuple[int, int, int, str, float]]) -> pl.DataFrame:
    return pl.DataFrame(
        links,
        schema={
            "sid": pl.Int64,
            "from_row": pl.Int64,
            "to_row": pl.Int64,
            "rule": pl.String,
            "confidence": pl.Float64,
        },
        orient="row",
    )
