"""Lanes: whose work a span is, which agent is the main one, who spawned whom, and where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.lookup import NONE, KeyIndex, Rows, rows_or_null
from agenttrace.ingest.assembly.parents import climb, nearest, views_of_requests
from agenttrace.ingest.assembly.wrappers import merged, unwrapped

MAIN = ""
"""Lane key of work that no source gives to an agent; the empty string is never a source's key."""

_KEY = ["sid", "lane"]
_ACTS = ("request", "tool", "compaction", "user_wait")


@dataclass(frozen=True, slots=True)
class Lanes:
    """`lane`: of each span the row of its lane. `table`: one row a lane, the main lane of each session first.

    Columns of the table: sid, lane, main, parent_lane, source_id, name, type, background, spawn_row,
    spawn_inferred, low, high (extent of its spans; null where it has none), agent_rows (its spans of kind agent).
    """

    lane: Rows
    table: pl.DataFrame


def assign_lanes(spans: pl.DataFrame, parents: Rows, raw_agents: pl.DataFrame) -> Lanes:
    """Lanes of all spans. `raw_agents` has `sid` beside the columns of RAW_AGENTS."""
    number, told = _numbered(spans.get_column("sid"), lane_of(spans, parents))
    known = _known_lanes(spans, number, told, parents, raw_agents)
    into = unwrapped(known)
    table = _choose_main(merged(known, into))
    renamed = _merge_main(table)
    table = table.join(renamed, on=_KEY).with_columns(lane="final").drop("final")
    parent_names = renamed.rename({"lane": "parent_lane", "final": "parent_final"})
    table = (
        table.join(parent_names, on=["sid", "parent_lane"], how="left")
        .with_columns(parent_lane="parent_final")
        .drop("parent_final")
    )
    table = _one_row_a_lane(table)
    final = (
        told.join(into, on=_KEY, how="left", maintain_order="left")
        .join(renamed.rename({"lane": "into"}), on=["sid", "into"], how="left", maintain_order="left")
        .join(
            table.with_row_index("row"),
            left_on=["sid", "final"],
            right_on=_KEY,
            how="left",
            maintain_order="left",
        )
        .get_column("row")
    )
    return Lanes(final.to_numpy().astype(np.int64)[number], table)


def _numbered(sid: pl.Series, lane: pl.Series) -> tuple[Rows, pl.DataFrame]:
    """The number of each row's session and lane, and what these are (sid, lane) in the order of numbers.

    Neighbours are mostly of one lane, so that only the first of them is looked up.
    """
    rows = pl.DataFrame({"sid": sid, "lane": lane})
    other = rows.select(
        ((pl.col("sid") != pl.col("sid").shift()) | (pl.col("lane") != pl.col("lane").shift())).fill_null(
            value=True
        )
    ).to_series()
    heads = rows.filter(other)
    told = heads.unique(_KEY, keep="first", maintain_order=True)
    found = KeyIndex(told.get_column("sid"), told.get_column("lane")).find(*heads.get_columns())
    return found[np.cumsum(other.to_numpy()) - 1], told


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
    asking = np.flatnonzero((kind == "request").to_numpy() & running)
    run = (
        pl.DataFrame({"call": call[asking], "lane": lane.gather(asking), "caller": lane.gather(call[asking])})
        .filter(pl.col("lane") != pl.col("caller"))
        .group_by("call")
        .agg(run=pl.col("lane").first(), lanes=pl.col("lane").n_unique())
        .filter(pl.col("lanes") == 1)
    )
    if run.is_empty():
        return lane
    place = np.full(len(parents) + 1, NONE, dtype=np.int64)
    place[run.get_column("call").to_numpy()] = np.arange(run.height)
    whose = place[call]
    moved = (kind == "tool").to_numpy() & ~stated & (whose != NONE)
    theirs = run.get_column("run").gather(np.maximum(whose, 0))
    named = pl.select(pl.when(pl.Series(moved)).then(theirs).otherwise(lane)).to_series()
    itself = np.arange(len(parents), dtype=np.int64)
    return named.gather(climb(np.where(stated | moved | (parents == NONE), itself, parents)))


def _known_lanes(
    spans: pl.DataFrame, lane: Rows, told: pl.DataFrame, parents: Rows, raw_agents: pl.DataFrame
) -> pl.DataFrame:
    """What spans and sources say of each lane; `lane`: the row of `told` (sid, lane) that each span is of.

    What a server does with a request is not what its agent does: it may be done with it a little later.
    """
    facts = spans.select("kind", "start_ns", "end_ns", "name", row=pl.int_range(pl.len())).with_columns(
        number=pl.Series(lane),
        parent_row=pl.Series(parents),
        view=pl.Series(views_of_requests(spans.get_column("kind"), parents)),
    )
    acts = pl.any_horizontal(pl.col("kind") == kind for kind in _ACTS)
    from_spans = facts.group_by("number").agg(
        low=pl.coalesce(pl.col("start_ns").filter(~pl.col("view")).min(), pl.col("start_ns").min()),
        high=pl.coalesce(pl.col("end_ns").filter(~pl.col("view")).max(), pl.col("end_ns").max()),
        work=(acts | (pl.col("kind") == "interaction")).sum(),
        acts=acts.sum(),
    )
    lanes = (
        told.with_columns(number=pl.int_range(pl.len(), dtype=pl.Int64))
        .join(from_spans, on="number")
        .join(_agent_rows(facts, lane, told), on="number", how="left")
        .join(_crossings(facts, lane, told), on="number", how="left")
        .join(_stated(raw_agents, spans), on=_KEY, how="full", coalesce=True)
    )
    return lanes.with_columns(
        parent_lane=pl.coalesce("parent_agent_key", "above_lane", "cross_lane"),
        spawn_row=pl.when(~pl.col("spawn_unknown").fill_null(value=False)).then(
            pl.coalesce("stated_spawn", pl.when(pl.col("above_row") != NONE).then("above_row"), "cross_row")
        ),
        name=pl.coalesce("name", "span_name"),
        agent_rows=pl.col("agent_rows").fill_null([]),
        work=pl.col("work").fill_null(0),
        acts=pl.col("acts").fill_null(0),
    ).select(
        *_KEY, "main", "parent_lane", "source_id", "name", "type", "background", "spawn_row", "spawn_inferred",
        "low", "high", "agent_rows", "work", "acts",
    )  # fmt: skip


def _agent_rows(facts: pl.DataFrame, lane: Rows, told: pl.DataFrame) -> pl.DataFrame:
    """Of each lane its spans of kind agent, and where the first of them is."""
    rows = facts.filter(pl.col("kind") == "agent").sort("start_ns", "row")
    parent = rows.get_column("parent_row").to_numpy()
    above = told.get_column("lane").gather(rows_or_null(np.where(parent == NONE, NONE, lane[parent])))
    return (
        rows.with_columns(above_lane=above)
        .group_by("number", maintain_order=True)
        .agg(
            agent_rows="row",
            above_lane=pl.col("above_lane").first(),
            above_row=pl.col("parent_row").first(),
            span_name=pl.col("name").drop_nulls().first(),
        )
    )


def _crossings(facts: pl.DataFrame, lane: Rows, told: pl.DataFrame) -> pl.DataFrame:
    """A lane whose first span lies inside a span of another lane was spawned there."""
    parents = facts.get_column("parent_row").to_numpy()
    kind = facts.get_column("kind")
    crosses = (parents != NONE) & (lane[parents] != lane) & (kind != "agent").to_numpy()
    inside = parents[crosses]
    return (
        facts.select("number", "start_ns", "row", "parent_row")
        .filter(pl.Series(crosses, dtype=pl.Boolean))
        .with_columns(
            above=told.get_column("lane").gather(lane[inside]),
            in_tool=kind.gather(inside) == "tool",
        )
        .sort("start_ns", "row")
        .group_by("number", maintain_order=True)
        .agg(cross_lane=pl.col("above").first(), cross_row=pl.col("parent_row").filter("in_tool").first())
    )


def _stated(raw_agents: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    ordered = raw_agents.sort(
        "sid", "agent_key", "parent_agent_key", "name", "type", "spawn_key", nulls_last=True
    )
    merged = ordered.group_by("sid", "agent_key", maintain_order=True).agg(
        pl.col("main").max(),
        pl.col("background").max(),
        *(
            pl.col(name).drop_nulls().first()
            for name in ("parent_agent_key", "source_id", "name", "type", "spawn_key", "spawn_inferred")
        ),
    )
    spawns = KeyIndex(spans.get_column("sid"), spans.get_column("span_key")).find(
        merged.get_column("sid"), merged.get_column("spawn_key")
    )
    stated = merged.with_columns(stated_spawn=rows_or_null(spawns), spawn_unknown=pl.col("spawn_key") == "")
    return stated.rename({"agent_key": "lane"}).drop("spawn_key")


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
    facts = ("source_id", "name", "type", "background", "spawn_inferred")
    first = [pl.col(n).drop_nulls().first() for n in facts]
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
