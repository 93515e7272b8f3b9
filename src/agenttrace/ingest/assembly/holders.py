"""The spans that hold lanes and sessions: found where the source has them, made where it has not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.agents import Lanes
from agenttrace.ingest.assembly.beside import went_on_beside
from agenttrace.ingest.assembly.frames import stacked
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.parents import in_cycle, nearest, views_of_requests

SPAWN_TOLERANCE_NS = 5_000_000
"""A subagent's requests lie within the bounds of its tool call up to so much: two clocks, whole ms."""

_CLOSEST = ("apart", "low", "high", "start_ns", "end_ns", "lane_no", "tool_row")

AGENT_TOOL_PATTERN = "(?i)agent|task|delegate|spawn|dispatch"


@dataclass(frozen=True, slots=True)
class Held:
    """Spans with the added ones below: first one for each session, then those for lanes.

    `parents`: row of each span's parent, NONE only for sessions. `lane`: lane number (row of `lanes`).
    `lanes`: the lane table with `holder` and `spawn_row` (rows), `parent_lane_no`, `background`,
    `spawn_inferred`.
    """

    spans: pl.DataFrame
    parents: Rows
    lane: NDArray[np.int64]
    lanes: pl.DataFrame


def hold_lanes(spans: pl.DataFrame, parents: Rows, lanes: Lanes) -> Held:
    """Gives each lane a span of kind agent, each session its span, and every span a parent in its lane."""
    table = lanes.table.with_row_index("lane_no").with_columns(pl.col("lane_no").cast(pl.Int64))
    lane = lanes.lane
    table = _spawned(table, spans, lane)
    holding = _existing_holders(spans, parents, table, lane)
    count, sessions = spans.height, table.get_column("sid").n_unique()
    session_row = count + table.get_column("sid").rank("dense").to_numpy().astype(np.int64) - 1
    made = holding == NONE
    holder = holding.copy()
    holder[made] = count + sessions + np.arange(int(made.sum()))
    demoted = _demoted(spans, holder)
    added = _added_rows(spans, table, made)
    grown = stacked(spans.with_columns(kind=demoted), added)
    main_lane_of = table.with_columns(session_row=pl.Series(session_row)).filter("main").sort("session_row")
    lane_all = np.concatenate(
        [lane, main_lane_of.get_column("lane_no").to_numpy(), np.flatnonzero(made).astype(np.int64)]
    )
    table = table.with_columns(
        holder=pl.Series(holder), inside_row=pl.Series(_innermost(table, spans, parents), dtype=pl.Int64)
    )
    all_parents = _parents(parents, lane, table, session_row, count + sessions)
    all_parents = np.concatenate([all_parents[:count], np.full(sessions, NONE), all_parents[count:][made]])
    all_parents = _without_cycles(all_parents, session_row[lane_all], count, sessions)
    return Held(_with_flags(grown, table), all_parents, lane_all, table)


def _spawned(table: pl.DataFrame, spans: pl.DataFrame, lane: NDArray[np.int64]) -> pl.DataFrame:
    """Fills in where each lane was spawned, and whether its parent waits for it there."""
    numbers = table.select("sid", parent_lane="lane", parent_lane_no="lane_no")
    table = table.join(numbers, on=["sid", "parent_lane"], how="left", maintain_order="left")
    main_no = table.filter("main").select("sid", main_no="lane_no")
    table = table.join(main_no, on="sid", how="left", maintain_order="left").with_columns(
        parent_lane_no=pl.when("main").then(NONE).otherwise(pl.coalesce("parent_lane_no", "main_no"))
    )
    inferred = _contained_spawns(table, spans, lane)
    spawn = table.get_column("spawn_row").fill_null(NONE).to_numpy().astype(np.int64)
    spawn = np.where(inferred != NONE, inferred, spawn)
    ends = spans.get_column("end_ns").to_numpy() if spans.height else np.zeros(1, np.int64)
    high = table.get_column("high").fill_null(0).to_numpy()
    outlives = (spawn == NONE) | (high > ends[np.maximum(spawn, 0)] + SPAWN_TOLERANCE_NS)
    outlives |= went_on_beside(table, spans, lane, spawn, SPAWN_TOLERANCE_NS).to_numpy()
    main = table.get_column("main").to_numpy()
    empty_main = table.filter(pl.col("main") & pl.col("low").is_null()).get_column("sid")
    alone = table.get_column("sid").is_in(empty_main.implode()).to_numpy()
    unwaited = table.get_column("background").fill_null(pl.Series(outlives & ~alone)).to_numpy()
    return table.with_columns(
        spawn_row=pl.Series(np.where(main, NONE, spawn)),
        spawn_inferred=pl.col("spawn_inferred").fill_null(
            pl.Series((inferred != NONE) & (spawn == inferred))
        ),
        background=pl.Series(unwaited & ~main),
    )


def _contained_spawns(table: pl.DataFrame, spans: pl.DataFrame, lane: NDArray[np.int64]) -> Rows:
    """For lanes of which no call is stated: the tool call of the parent lane that contains them best.

    While a tool call runs its agent is blocked, so what starts inside it was started by it. Tool calls
    whose name says that they run agents come first; each takes one lane, by how closely their bounds
    agree, and then the lanes that are left over, for one call may run several agents. That a tool runs agents
    although its name does not say so is contradicted by any other call of it, in the same session, in which
    none runs: then a lane that lies within a call ran beside it, but for one that begins and ends with the call.
    So it is too of a lane that is stated to hang on its parent's own span: that may run beside any call.
    """
    agents = spans.select((pl.col("kind") == "agent").arg_true()).to_series()
    beside = pl.col("spawn_row").is_in(agents.implode())
    free = table.with_columns(beside=beside.fill_null(value=False)).filter(
        ~pl.col("main") & (pl.col("spawn_row").is_null() | pl.col("beside")) & pl.col("low").is_not_null()
    )
    found = np.full(table.height, NONE, dtype=np.int64)
    if free.is_empty():
        return found
    pairs = _containing_calls(free, spans, lane)
    says_so = pl.col("name").fill_null("").str.contains(AGENT_TOOL_PATTERN)
    agentish = pairs.filter(says_so)
    snug = pairs.filter(pl.col("apart") <= SPAWN_TOLERANCE_NS)
    loose = pairs.filter((pl.col("apart") > SPAWN_TOLERANCE_NS) & ~pl.col("beside"))
    loose = loose.join(_without_agents(spans, pairs), on=["sid", "name"], how="anti", maintain_order="left")
    pairs = pl.concat([agentish, snug.filter(~says_so), loose.filter(~says_so)]).sort(*_CLOSEST)
    used = set(table.get_column("spawn_row").drop_nulls().to_list())
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


def _innermost(table: pl.DataFrame, spans: pl.DataFrame, parents: Rows) -> pl.Series:
    """Of each lane the span to hang in: its call, or the part of the call (its execution) that spans it all.

    A lane that begins when its call is over runs in none: NONE.
    """
    spawn = table.get_column("spawn_row")
    if not (spawn != NONE).any():
        return spawn
    parts = spans.select(
        "kind", "start_ns", "end_ns", part=pl.int_range(pl.len(), dtype=pl.Int64)
    ).with_columns(spawn_row=pl.Series(parents))
    spanning = (
        table.filter((pl.col("spawn_row") != NONE) & pl.col("low").is_not_null())
        .join(parts.filter(pl.col("kind") == "other"), on="spawn_row")
        .filter(
            (pl.col("start_ns") <= pl.col("low") + SPAWN_TOLERANCE_NS)
            & (pl.col("end_ns") >= pl.col("high") - SPAWN_TOLERANCE_NS)
        )
        .sort("start_ns", "end_ns", "part", descending=[True, False, False])
        .unique("lane_no", keep="first", maintain_order=True)
        .select("lane_no", "part")
    )
    ends = spans.select(spawn_end="end_ns", spawn_row=pl.int_range(pl.len(), dtype=pl.Int64))
    joined = table.join(spanning, on="lane_no", how="left", maintain_order="left").join(
        ends, on="spawn_row", how="left", maintain_order="left"
    )
    over = (pl.col("low") >= pl.col("spawn_end")).fill_null(value=False)
    return joined.select(
        inside=pl.when(over).then(pl.lit(NONE, pl.Int64)).otherwise(pl.coalesce("part", "spawn_row"))
    ).to_series()


def _existing_holders(
    spans: pl.DataFrame, parents: Rows, table: pl.DataFrame, lane: NDArray[np.int64]
) -> Rows:
    """A lane's own span of kind agent, where it has exactly one, and that one reaches over the whole lane."""
    single = table.get_column("agent_rows").list.len().to_numpy() == 1
    row = table.get_column("agent_rows").list.first().fill_null(NONE).to_numpy().astype(np.int64)
    if not spans.height:
        return np.full(table.height, NONE, dtype=np.int64)
    starts, ends = spans.get_column("start_ns").to_numpy(), spans.get_column("end_ns").to_numpy()
    low, high = (
        table.get_column("low").fill_null(0).to_numpy(),
        table.get_column("high").fill_null(0).to_numpy(),
    )
    at = np.maximum(row, 0)
    covers = (starts[at] <= low) & (ends[at] >= high)
    covers |= ~_outgrown(spans, parents, lane, np.where(single, row, NONE))
    open_end = spans.get_column("open_end").to_numpy()[at]
    main = table.get_column("main").to_numpy()
    return np.where(single & (covers | open_end | ~main), row, NONE)


def _outgrown(spans: pl.DataFrame, parents: Rows, lane: NDArray[np.int64], holder: Rows) -> NDArray[np.bool_]:
    """Lanes with spans beyond the bounds of their `holder`; what its parents say lies in it may miss them a little.

    Servers' views of requests do not count: a server may be done with one after its agent is.
    """
    starts, ends = spans.get_column("start_ns").to_numpy(), spans.get_column("end_ns").to_numpy()
    holds = np.zeros(len(starts), np.bool_)
    holds[holder[holder != NONE]] = True
    own = holder[lane]
    error = np.where(nearest(parents, holds) == own, SPAWN_TOLERANCE_NS, 0)
    known = (own != NONE) & ~views_of_requests(spans.get_column("kind"), parents)
    beyond = known & ((starts + error < starts[own]) | (ends - error > ends[own]))
    found: NDArray[np.bool_] = holder == NONE
    found[lane[beyond]] = True
    return found


def _demoted(spans: pl.DataFrame, holder: Rows) -> pl.Series:
    """Spans of kind agent that do not hold their lane are calls of their agent: interactions."""
    holds = np.zeros(spans.height, dtype=bool)
    holds[holder[(holder >= 0) & (holder < spans.height)]] = True
    kind = spans.get_column("kind")
    return pl.select(
        pl.when((kind == "agent") & ~pl.Series(holds))
        .then(pl.lit("interaction"))
        .otherwise(kind)
        .cast(kind.dtype)
    ).to_series()


def _added_rows(spans: pl.DataFrame, table: pl.DataFrame, made: NDArray[np.bool_]) -> pl.DataFrame:
    """Rows for sessions, then for lanes without a span of their own; bounds follow in `bound_sessions`."""
    sessions = table.group_by("sid").agg(low=pl.col("low").min(), high=pl.col("high").max()).sort("sid")
    sessions = sessions.with_columns(
        kind=pl.lit("session"), name=pl.lit(None, pl.String), lane=pl.lit("session")
    )
    lanes = table.filter(pl.Series(made)).with_columns(kind=pl.lit("agent"))
    columns = ["sid", "kind", "name", "low", "high", "lane"]
    added = pl.concat([sessions.select(columns), lanes.select(columns)])
    known = {
        "sid": pl.col("sid"),
        "kind": pl.col("kind").cast(spans.get_column("kind").dtype),
        "name": pl.col("name"),
        "span_key": pl.format("{}:{}", "kind", "lane"),
        "purpose": pl.lit("turn").cast(spans.get_column("purpose").dtype),
        "start_ns": pl.col("low").fill_null(0),
        "end_ns": pl.col("high").fill_null(0),
        "start_evidence": pl.lit("derived").cast(spans.get_column("start_evidence").dtype),
        "end_evidence": pl.lit("derived").cast(spans.get_column("end_evidence").dtype),
        "open_end": pl.lit(value=False),
        "origin": pl.lit(NONE, pl.Int32),
    }
    return added.select(**known)


def _parents(
    parents: Rows, lane: NDArray[np.int64], table: pl.DataFrame, session_row: Rows, first_made: int
) -> Rows:
    """Parents of the original rows, then of each lane's holder if it was made.

    Where a source says no more than which agent a lane is of, the call that runs it says more.
    """
    holder = table.get_column("holder").to_numpy()
    spawn = table.get_column("inside_row").to_numpy()
    above = table.get_column("parent_lane_no").to_numpy()
    holder_parent = np.where(
        above == NONE, session_row, np.where(spawn != NONE, spawn, holder[np.maximum(above, 0)])
    )
    row = np.arange(len(parents), dtype=np.int64)
    holds = holder[lane] == row
    same = (parents != NONE) & (lane[np.maximum(parents, 0)] == lane)
    own = np.where(same, parents, holder[lane])
    of_agent = (parents == holder[np.maximum(above, 0)][lane]) & (spawn[lane] != NONE)
    stated = (parents != NONE) & (above[lane] != NONE) & ~of_agent
    kept = np.where(holds, np.where(stated, parents, holder_parent[lane]), own)
    return np.concatenate([kept, np.where(holder >= first_made, holder_parent, NONE)])


def _without_cycles(parents: Rows, session_of: Rows, count: int, sessions: int) -> Rows:
    """A lane that would be spawned inside itself hangs on its session."""
    cyclic = in_cycle(parents)
    if not cyclic.any():
        return parents
    repaired = np.where(cyclic, session_of, parents)
    repaired[count : count + sessions] = NONE
    return repaired


def _with_flags(grown: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """A background lane's holder is not waited for by its parent; every other span is, unless stated."""
    blocking = grown.get_column("blocking").fill_null(value=True).to_numpy().copy()
    background = table.filter("background").get_column("holder").to_numpy()
    blocking[background] = False
    return grown.with_columns(blocking=pl.Series(blocking))
