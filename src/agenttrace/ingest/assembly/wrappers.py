"""An agent span inside another that does nothing itself: frameworks wrap their one agent in a workflow."""

from __future__ import annotations

import polars as pl

_KEY = ["sid", "lane"]
_DEEPEST = 8


def unwrapped(lanes: pl.DataFrame) -> pl.DataFrame:
    """(sid, lane, into) of every lane: itself, or the one lane that a lane at the top only wraps.

    A wrapper has spans, but no request, no tool call and no wait of its own (what it was called for may be
    told), nothing states that it is the main agent, and exactly one lane was opened in it.
    """
    found = lanes.select(*_KEY, into="lane")
    for _ in range(_DEEPEST):
        step = _one_step(_renamed(lanes, found))
        if step.is_empty():
            break
        found = (
            found.join(step, left_on=["sid", "into"], right_on=_KEY, how="left")
            .with_columns(into=pl.coalesce("inner", "into"))
            .drop("inner")
        )
    return found


def merged(lanes: pl.DataFrame, into: pl.DataFrame) -> pl.DataFrame:
    """One row a lane after wrappers have become what they wrap; what both know, the wrapped one knows best."""
    spread = lanes.join(into, on=_KEY).with_columns(wraps=pl.col("lane") != pl.col("into"))
    if not spread.get_column("wraps").any():
        return lanes
    above = into.rename({"lane": "parent_lane", "into": "parent_into"})
    spread = spread.join(above, on=["sid", "parent_lane"], how="left").with_columns(
        lane="into", parent_lane=pl.coalesce("parent_into", "parent_lane")
    )
    outermost = pl.col("wraps").any()
    facts = ("main", "source_id", "name", "type", "background", "spawn_inferred")
    return (
        spread.sort("sid", "lane", "wraps", "low", nulls_last=True)
        .group_by(_KEY, maintain_order=True)
        .agg(
            *(pl.col(name).drop_nulls().first() for name in facts),
            parent_lane=pl.when(outermost).then(None).otherwise(pl.col("parent_lane").first()),
            spawn_row=pl.when(outermost).then(None).otherwise(pl.col("spawn_row").first()),
            low=pl.col("low").min(),
            high=pl.col("high").max(),
            agent_rows=pl.col("agent_rows").explode().drop_nulls(),
            work=pl.col("work").sum(),
            acts=pl.col("acts").sum(),
        )
        .select(lanes.columns)
    )


def _renamed(lanes: pl.DataFrame, into: pl.DataFrame) -> pl.DataFrame:
    """What matters of the lanes, after the steps that have been made."""
    above = into.rename({"lane": "parent_lane", "into": "parent_into"})
    own = lanes.join(into, on=_KEY).join(above, on=["sid", "parent_lane"], how="left")
    return own.group_by("sid", lane="into").agg(
        parent=pl.col("parent_into").filter(pl.col("parent_into") != pl.col("into")).first(),
        acts=pl.col("acts").sum(),
        stated=pl.col("main").is_not_null().any(),
        seen=pl.col("low").is_not_null().any(),
    )


def _one_step(lanes: pl.DataFrame) -> pl.DataFrame:
    inner = (
        lanes.filter(pl.col("parent").is_not_null())
        .group_by("sid", lane="parent")
        .agg(inner=pl.col("lane").first(), many=pl.len())
        .filter(pl.col("many") == 1)
    )
    wraps = lanes.filter(
        pl.col("parent").is_null() & (pl.col("acts") == 0) & pl.col("seen") & ~pl.col("stated")
    )
    return wraps.join(inner, on=_KEY).select(*_KEY, "inner")
