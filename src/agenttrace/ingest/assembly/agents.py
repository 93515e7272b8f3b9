"""Lanes: whose work a span is, which agent is the main one, who spawned whom, and where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.parents import NONE, Rows, climb, nearest
from agenttrace.ingest.assembly.wrappers import merged, unwrapped

MAIN = ""
"""Lane key of work that no source gives to an agent; the empty string is never a source's key."""

_KEY = ["sid", "lane"]


@dataclass(frozen=True, slots=True)
class Lanes:
    """`lane`: the lane key of each span row. `table`: one row a lane, the main lane of each session first.

    Columns of the table: sid, lane, main, parent_lane, source_id, name, type, background, spawn_row,
    low, high (extent of its spans; null where it has none), agent_rows (its spans of kind agent).
    """

    lane: pl.Series
    table: pl.DataFrame


def assign_lanes(spans: pl.DataFrame, parents: Rows, raw_agents: pl.DataFrame) -> Lanes:
    """Lanes of all spans. `raw_agents` has `sid` beside the columns of RAW_AGENTS."""
    lane = lane_of(spans, parents)
    known = _known_lanes(spans, lane, parents, raw_agents)
    into = unwrapped(known)
    lane = _renamed(spans, lane, into.rename({"into": "final"}))
    table = _choose_main(merged(known, into))
    renamed = _merge_main(table)
    lane = _renamed(spans, lane, renamed)
    table = table.join(renamed, on=_KEY).with_columns(lane="final").drop("final")
    parent_names = renamed.rename({"lane": "parent_lane", "final": "parent_final"})
    table = (
        table.join(parent_names, on=["sid", "parent_lane"], how="left")
        .with_columns(parent_lane="parent_final")
        .drop("parent_final")
    )
    return Lanes(lane, _one_row_a_lane(table))


def _renamed(spans: pl.DataFrame, lane: pl.Series, names: pl.DataFrame) -> pl.Series:
    """The lane of each span under its final name."""
    return (
        spans.select("sid")
        .with_columns(lane=lane)
        .join(names, on=_KEY, how="left", maintain_order="left")
        .get_column("final")
    )


def lane_of(spans: pl.DataFrame, parents: Rows) -> pl.Series:
    """The lane key of each span: that of the nearest ancestor that is stated to be of an agent, or MAIN."""
    is_agent = (spans.get_column("kind") == "agent").to_numpy()
    stated = spans.get_column("agent_key").is_not_null().to_numpy() | is_agent
    itself = np.arange(len(parents), dtype=np.int64)
    source = climb(np.where(stated | (parents == NONE), itself, parents)) if len(parents) else parents
    own = spans.select(
        pl.when(pl.col("agent_key").is_not_null())
        .then("agent_key")
        .when(pl.col("kind") == "agent")
        .then("span_key")
        .otherwise(pl.lit(MAIN))
    ).to_series()
    lane = own.gather(source)
    return _with_tools_of_subagents(spans, parents, lane, stated).alias("lane")


def _with_tools_of_subagents(
    spans: pl.DataFrame, parents: Rows, lane: pl.Series, stated: NDArray[np.bool_]
) -> pl.Series:
    """Tool calls of no stated agent, inside a call that runs exactly one: its requests say whose they are."""
    kind = spans.get_column("kind")
    call = nearest(parents, (kind == "tool").to_numpy())
    running = stated & (call != NONE)
    if not running.any() or not (kind == "request").filter(pl.Series(running)).any():
        return lane
    facts = pl.DataFrame({"call": call, "lane": lane, "stated": stated, "kind": kind.cast(pl.String)})
    above = facts.select("lane", call=pl.int_range(pl.len(), dtype=pl.Int64)).rename({"lane": "caller"})
    run = (
        facts.filter((pl.col("kind") == "request") & pl.col("stated") & (pl.col("call") != NONE))
        .join(above, on="call")
        .filter(pl.col("lane") != pl.col("caller"))
        .group_by("call")
        .agg(run=pl.col("lane").first(), lanes=pl.col("lane").n_unique())
        .filter(pl.col("lanes") == 1)
    )
    if run.is_empty():
        return lane
    whose = facts.join(run, on="call", how="left", maintain_order="left")
    moved = (
        (whose.get_column("kind") == "tool")
        & ~whose.get_column("stated")
        & whose.get_column("run").is_not_null()
    )
    fixed = stated | moved.to_numpy()
    named = pl.select(pl.when(moved).then(whose.get_column("run")).otherwise(lane)).to_series()
    itself = np.arange(len(parents), dtype=np.int64)
    return named.gather(climb(np.where(fixed | (parents == NONE), itself, parents)))


def _known_lanes(
    spans: pl.DataFrame, lane: pl.Series, parents: Rows, raw_agents: pl.DataFrame
) -> pl.DataFrame:
    facts = spans.select(
        "sid", "span_key", "kind", "start_ns", "end_ns", "name", row=pl.int_range(pl.len())
    ).with_columns(lane=lane, parent_row=pl.Series(parents))
    by_row = facts.select(parent_row="row", above_lane="lane")
    agent_rows = facts.filter(pl.col("kind") == "agent").join(by_row, on="parent_row", how="left")
    from_spans = facts.group_by(_KEY).agg(
        low=pl.col("start_ns").min(),
        high=pl.col("end_ns").max(),
        work=(pl.col("kind").is_in(["request", "tool", "interaction", "compaction", "user_wait"])).sum(),
        acts=(pl.col("kind").is_in(["request", "tool", "compaction", "user_wait"])).sum(),
    )
    from_agents = (
        agent_rows.sort("start_ns", "row")
        .group_by(_KEY, maintain_order=True)
        .agg(
            agent_rows="row",
            above_lane=pl.col("above_lane").first(),
            above_row=pl.col("parent_row").first(),
            span_name=pl.col("name").drop_nulls().first(),
        )
    )
    stated = _stated(raw_agents, facts)
    lanes = from_spans.join(stated, on=_KEY, how="full", coalesce=True).join(from_agents, on=_KEY, how="left")
    lanes = _with_ancestors(lanes, facts)
    return lanes.with_columns(
        parent_lane=pl.coalesce("parent_agent_key", "above_lane", "cross_lane"),
        spawn_row=pl.coalesce(
            "stated_spawn",
            pl.when(pl.col("above_row") != NONE).then("above_row"),
            "cross_row",
        ),
        name=pl.coalesce("name", "span_name"),
        agent_rows=pl.col("agent_rows").fill_null([]),
        work=pl.col("work").fill_null(0),
        acts=pl.col("acts").fill_null(0),
    ).select(
        *_KEY, "main", "parent_lane", "source_id", "name", "type", "background", "spawn_row", "low", "high",
        "agent_rows", "work", "acts",
    )  # fmt: skip


def _stated(raw_agents: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    ordered = raw_agents.sort(
        "sid", "agent_key", "parent_agent_key", "name", "type", "spawn_key", nulls_last=True
    )
    merged = ordered.group_by("sid", "agent_key", maintain_order=True).agg(
        pl.col("main").max(),
        pl.col("background").max(),
        *(
            pl.col(name).drop_nulls().first()
            for name in ("parent_agent_key", "source_id", "name", "type", "spawn_key")
        ),
    )
    spawns = facts.select("sid", spawn_key="span_key", stated_spawn="row")
    return (
        merged.join(spawns, on=["sid", "spawn_key"], how="left")
        .rename({"agent_key": "lane"})
        .drop("spawn_key")
    )


def _with_ancestors(lanes: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
    """A lane whose first span lies inside a span of another lane was spawned there."""
    above = facts.select(parent_row="row", above="lane", above_kind="kind")
    inside = facts.get_column("parent_row")
    held = facts.get_column("lane").gather(inside.clip(0)) if facts.height else facts.get_column("lane")
    if not ((held != facts.get_column("lane")) & (inside != NONE)).any():
        return lanes.with_columns(
            cross_lane=pl.lit(None, lanes.schema["lane"]), cross_row=pl.lit(None, facts.schema["row"])
        )
    crossing = (
        facts.filter((pl.col("kind") != "agent") & (pl.col("parent_row") != NONE))
        .join(above, on="parent_row")
        .filter(pl.col("above") != pl.col("lane"))
        .sort("start_ns", "row")
        .group_by(_KEY, maintain_order=True)
        .agg(
            cross_lane=pl.col("above").first(),
            cross_row=pl.col("parent_row").filter(pl.col("above_kind") == "tool").first(),
        )
    )
    return lanes.join(crossing, on=_KEY, how="left")


def _choose_main(lanes: pl.DataFrame) -> pl.DataFrame:
    """Marks one main lane a session: the stated one, or the program's own, or the only one at the top."""
    known = lanes.select("sid", parent_lane="lane", parent_known=pl.lit(value=True))
    lanes = lanes.join(known, on=["sid", "parent_lane"], how="left")
    top = (pl.col("parent_lane").is_null() | pl.col("parent_known").is_null()) & pl.col("spawn_row").is_null()
    top |= _called_by_nobody(lanes)
    rank = (
        pl.when(pl.col("main"))
        .then(0)
        .when((pl.col("lane") == MAIN) & (pl.col("work") > 0))
        .then(1)
        .when(top & (pl.col("lane") != MAIN) & pl.col("low").is_not_null())
        .then(2)
        .when(pl.col("lane") == MAIN)
        .then(3)
        .otherwise(4)
    )
    ranked = lanes.with_columns(top=top, rank=rank.cast(pl.Int32)).sort(
        "sid",
        "rank",
        "low",
        "high",
        "name",
        "lane",
        descending=[False] * 3 + [True] + [False] * 2,
        nulls_last=True,
    )
    return ranked.with_columns(main=pl.int_range(pl.len()).over("sid") == 0).drop("parent_known")


def _called_by_nobody(lanes: pl.DataFrame) -> pl.Series:
    """Lanes below a main line that does no work of an agent, one agent by their name: a service that runs it.

    `POST /chat` around an agent is no agent that spawns another. Several agents there are, for all we know.
    """
    idle = lanes.filter((pl.col("lane") == MAIN) & (pl.col("work") == 0)).select("sid", idle=True)
    below = lanes.join(idle, on="sid", how="left", maintain_order="left").select(
        "sid",
        "name",
        below=(pl.col("parent_lane") == MAIN).fill_null(value=False) & pl.col("idle").fill_null(value=False),
    )
    one = (pl.col("name").filter("below").n_unique() == 1) & (
        (pl.col("below").sum() == 1) | (pl.col("name").filter("below").null_count() == 0)
    )
    return below.select(pl.col("below") & one.over("sid")).to_series()


def _merge_main(table: pl.DataFrame) -> pl.DataFrame:
    """Other lanes at the top that are the main agent called again, and unclaimed work: the main lane.

    A later call of the main agent has its name and does not run beside it.
    """
    chosen = table.filter("main").select(
        "sid", main_lane="lane", main_name="name", main_high="high", main_low="low"
    )
    joined = table.join(chosen, on="sid")
    beside = (pl.col("low") < pl.col("main_high")) & (pl.col("high") > pl.col("main_low"))
    again = pl.col("top") & (pl.col("name") == pl.col("main_name")).fill_null(value=False) & ~beside
    into_main = pl.col("main") | (pl.col("lane") == MAIN) | again
    return joined.select(*_KEY, final=pl.when(into_main).then("main_lane").otherwise("lane"))


def _one_row_a_lane(table: pl.DataFrame) -> pl.DataFrame:
    main = pl.col("main").max()
    first = [pl.col(n).drop_nulls().first() for n in ("source_id", "name", "type", "background")]
    merged = (
        table.sort("sid", "main", "low", descending=[False, True, False], nulls_last=True)
        .group_by(_KEY, maintain_order=True)
        .agg(
            main,
            *first,
            pl.col("parent_lane").drop_nulls().first(),
            pl.col("spawn_row").drop_nulls().first(),
            pl.col("low").min(),
            pl.col("high").max(),
            pl.col("agent_rows").explode().drop_nulls(),
        )
    )
    orphaned = pl.col("main") | (pl.col("parent_lane") == pl.col("lane"))
    main_lane = merged.filter("main").select("sid", main_lane="lane")
    return (
        merged.join(main_lane, on="sid")
        .with_columns(
            parent_lane=pl.when("main")
            .then(None)
            .when(orphaned | pl.col("parent_lane").is_null())
            .then("main_lane")
            .otherwise("parent_lane"),
            spawn_row=pl.when("main").then(None).otherwise("spawn_row"),
        )
        .drop("main_lane")
    )


def lane_depths(lane: NDArray[np.int64], parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Depth of each lane under its main lane, given rows of `parent` (NONE for main); cycles end at 1."""
    depth = np.zeros(len(lane), dtype=np.int64)
    row = parent.copy()
    for _ in range(len(lane) + 1):
        alive = row != NONE
        if not alive.any():
            return depth
        depth += alive
        row = np.where(alive, parent[np.maximum(row, 0)], NONE)
    return np.where(row != NONE, 1, depth)
