"""Where lanes were spawned: the calls that run agents, and which of these the callers wait for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.agents import Lanes
from agenttrace.ingest.assembly.beside import went_on_beside
from agenttrace.ingest.assembly.columns import Mask, are, known, true
from agenttrace.ingest.assembly.lane_facts import changes
from agenttrace.ingest.assembly.lookup import NONE, Rows, pairs_of

SPAWN_TOLERANCE_NS = 5_000_000
"""A subagent's requests lie within the bounds of its tool call up to so much: two clocks, whole ms."""

_CLOSEST = ("apart", "low", "high", "start_ns", "end_ns", "lane_no", "tool_row")

AGENT_TOOL_PATTERN = "(?i)agent|task|delegate|spawn|dispatch"


@dataclass(frozen=True, slots=True)
class Spawns:
    """Of each lane the span in which it was spawned, or NONE, and whether that is inferred.

    `inside`: the span to hang in. `background`: its parent does not wait for it there.
    """

    row: Rows
    inferred: Mask
    inside: Rows
    background: Mask


def find_spawns(spans: pl.DataFrame, parents: Rows, lanes: Lanes) -> Spawns:
    """Where each lane was spawned, and whether its parent waits for it there."""
    facts, main = lanes.facts, lanes.main
    contained = _contained_spawns(spans, lanes)
    row = np.where(contained != NONE, contained, facts.spawn)
    ends = spans.get_column("end_ns").to_numpy()
    outlives = (row == NONE) | (facts.worked.high > ends[row] + SPAWN_TOLERANCE_NS)
    outlives |= went_on_beside(lanes, spans, row, SPAWN_TOLERANCE_NS)
    empty = np.zeros(facts.sid.max() + 1, np.bool_)
    empty[facts.sid[main & (facts.worked.spans == 0)]] = True
    stated, inferred = (facts.told.get_column(name) for name in ("background", "spawn_inferred"))
    background = np.where(known(stated), true(stated), outlives & ~empty[facts.sid])
    row = np.where(main, NONE, row)
    return Spawns(
        row,
        np.where(known(inferred), true(inferred), contained != NONE),
        _innermost(spans, parents, lanes, row),
        background & ~main,
    )


def _contained_spawns(spans: pl.DataFrame, lanes: Lanes) -> Rows:
    """For lanes of which no call is stated: the tool call of the parent lane that contains them best.

    While a tool call runs its agent is blocked, so what starts inside it was started by it. Tool calls
    whose name says that they run agents come first; each takes one lane, by how closely their bounds
    agree, and then the lanes that are left over, for one call may run several agents. That a tool runs agents
    although its name does not say so is contradicted by any other call of it, in the same session, in which
    none runs: then a lane that lies within a call ran beside it, but for one that begins and ends with the call.
    So it is too of a lane that is stated to hang on its parent's own span: that may run beside any call.
    """
    stated = lanes.facts.spawn
    beside = (stated != NONE) & are(spans, "kind", "agent")[stated]
    free = np.flatnonzero(~lanes.main & ((stated == NONE) | beside) & (lanes.facts.worked.spans > 0))
    found = np.full(len(stated), NONE, np.int64)
    if not len(free):
        return found
    pairs = _containing_calls(
        _facts_of(lanes, free).with_columns(beside=pl.Series(beside[free])), spans, lanes.lane
    )
    says_so = pl.col("name").fill_null("").str.contains(AGENT_TOOL_PATTERN)
    agentish = pairs.filter(says_so)
    snug = pairs.filter(pl.col("apart") <= SPAWN_TOLERANCE_NS)
    loose = pairs.filter((pl.col("apart") > SPAWN_TOLERANCE_NS) & ~pl.col("beside"))
    loose = loose.join(_without_agents(spans, pairs), on=["sid", "name"], how="anti", maintain_order="left")
    pairs = pl.concat([agentish, snug.filter(~says_so), loose.filter(~says_so)]).sort(*_CLOSEST)
    used = set(stated[stated != NONE].tolist())
    for candidates in (agentish, pairs):
        rows = candidates.select("lane_no", "tool_row").rows()
        for lane_no, tool_row in rows:
            if found[lane_no] == NONE and tool_row not in used:
                found[lane_no] = tool_row
                used.add(tool_row)
        for lane_no, tool_row in rows:
            if found[lane_no] == NONE:
                found[lane_no] = tool_row
    return found


def _facts_of(lanes: Lanes, rows: Rows) -> pl.DataFrame:
    """Some lanes as a frame: lane_no, parent_lane_no, sid, low, high."""
    facts = lanes.facts
    columns = {
        "parent_lane_no": facts.parent,
        "sid": facts.sid,
        "low": facts.worked.low,
        "high": facts.worked.high,
    }
    return pl.DataFrame({"lane_no": rows, **{name: values[rows] for name, values in columns.items()}})


def _containing_calls(free: pl.DataFrame, spans: pl.DataFrame, lane: NDArray[np.int64]) -> pl.DataFrame:
    """Pairs of lane_no and tool_row, closest bounds first."""
    tools = (
        spans.select(
            "sid", "kind", "name", "start_ns", "end_ns", tool_row=pl.int_range(pl.len(), dtype=pl.Int64)
        )
        .with_columns(parent_lane_no=pl.Series(lane))
        .filter(pl.col("kind") == "tool")
    )
    return (
        free.select("lane_no", "parent_lane_no", "low", "high", "beside")
        .join(tools, on="parent_lane_no")
        .filter(
            (pl.col("start_ns") <= pl.col("low") + SPAWN_TOLERANCE_NS)
            & (pl.col("end_ns") >= pl.col("high") - SPAWN_TOLERANCE_NS)
        )
        .with_columns(
            apart=(pl.col("low") - pl.col("start_ns")).abs() + (pl.col("end_ns") - pl.col("high")).abs()
        )
        .sort(*_CLOSEST)
    )


def _without_agents(spans: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """`sid` and `name` of tools of which a call that went well contains no lane."""
    calls = spans.select("sid", "kind", "name", "status", row=pl.int_range(pl.len(), dtype=pl.Int64))
    failed = pl.col("status").is_in(["error", "cancelled"]).fill_null(value=False)
    return (
        calls.filter((pl.col("kind") == "tool") & pl.col("name").is_not_null() & ~failed)
        .join(pairs.select(row="tool_row"), on="row", how="anti")
        .select("sid", "name")
        .unique()
    )


def _innermost(spans: pl.DataFrame, parents: Rows, lanes: Lanes, spawn: Rows) -> Rows:
    """Of each lane the span to hang in: its call, or the part of the call (its execution) that spans it all.

    A lane that begins when its call is over runs in none: NONE.
    """
    start, end = (spans.get_column(name).to_numpy() for name in ("start_ns", "end_ns"))
    low, high, seen = lanes.facts.worked.low, lanes.facts.worked.high, lanes.facts.worked.spans > 0
    runs = np.zeros(len(parents) + 1, np.bool_)
    runs[spawn] = True
    runs[NONE] = False
    parts = np.flatnonzero(are(spans, "kind", "other") & runs[parents])
    lane, part = pairs_of(spawn, parents[parts])
    part = parts[part]
    spanning = (start[part] <= low[lane] + SPAWN_TOLERANCE_NS) & (
        end[part] >= high[lane] - SPAWN_TOLERANCE_NS
    )
    spanning &= seen[lane]
    lane, part = lane[spanning], part[spanning]
    order = np.lexsort((part, end[part], -start[part], lane))
    first = order[changes(lane[order])]
    inside = spawn.copy()
    inside[lane[first]] = part[first]
    over = (spawn != NONE) & seen & (low >= end[spawn])
    return np.where(over, NONE, inside)
