"""Joins: sets of branches that ran beside each other and that one span waited for."""

from __future__ import annotations

import polars as pl

from agenttrace.critical_path.measures.chunk import Chunk


def join_table(chunk: Chunk) -> pl.DataFrame:
    """One row a join, in order of session and time.

    Branches are tool calls and agents of one parent and turn that overlap. `wall_ns` runs from the first
    start to the last end, `sum_ns` is what the branches would take one after the other, and `slack_ns`
    how much later the last one ended than the one before it.
    """
    branches = _branches(chunk)
    groups = ["session", "parent_row", "group"]
    joined = (
        branches.sort("session", "graph_end", "graph_start", "span")
        .group_by(groups, maintain_order=True)
        .agg(
            turn=pl.col("turn").drop_nulls().max(),
            agent=pl.col("branch_agent").first(),
            at_ns=pl.col("graph_end").last(),
            branches=pl.len(),
            waited_for=pl.col("span").last(),
            waited_row=pl.col("row").last(),
            first_ns=pl.col("graph_start").min(),
            sum_ns=(pl.col("graph_end") - pl.col("graph_start")).sum(),
            second_ns=pl.col("graph_end").get(-2, null_on_oob=True),
        )
        .filter(pl.col("branches") > 1)
    )
    named = joined.join(_branch_names(chunk), left_on="waited_row", right_on="row", how="left")
    explicit = chunk.links.filter(pl.col("explicit")).select("session", waited_for="from_span").unique()
    stated = explicit.with_columns(
        explicit=pl.lit(value=True), waited_for=pl.col("waited_for").cast(pl.Int32)
    )
    return (
        named.with_columns(pl.col("waited_for").cast(pl.Int32))
        .join(stated, on=["session", "waited_for"], how="left")
        .with_columns(pl.col("explicit").fill_null(value=False))
        .select(
            "session", "turn", "agent", "at_ns", pl.col("branches").cast(pl.Int64), "waited_for",
            "waited_for_name",
            wall_ns=pl.col("at_ns") - pl.col("first_ns"),
            sum_ns="sum_ns",
            slack_ns=pl.col("at_ns") - pl.col("second_ns"),
            explicit="explicit",
        )
        .sort("session", "at_ns", "agent", "turn", "waited_for")
    )  # fmt: skip


def _branches(chunk: Chunk) -> pl.DataFrame:
    """Tool calls and agents that are waited for, grouped by parent, turn and overlap."""
    lanes = chunk.agents.select("session", "span", parent_agent="parent_agent")
    spans = chunk.spans.join(lanes, on=["session", "span"], how="left", maintain_order="left")
    branches = spans.filter(
        pl.col("kind").is_in(["tool", "agent"])
        & pl.col("blocking")
        & (pl.col("graph_end") > pl.col("graph_start"))
    ).with_columns(branch_agent=pl.coalesce("parent_agent", "agent"), around=pl.col("turn").fill_null(-1))
    block = ["session", "parent_row", "around"]
    ordered = branches.sort(*block, "graph_start", "graph_end", "span")
    reach = pl.col("graph_end").cum_max().shift(1).over(block)
    apart = (pl.col("graph_start") >= reach).fill_null(value=True)
    return ordered.with_columns(group=apart.cum_sum())


def _branch_names(chunk: Chunk) -> pl.DataFrame:
    """What to call a branch: the agent that a tool call holds, else the tool."""
    names = chunk.agents.select("session", "span", agent_name=pl.coalesce("name", "type", "source_id"))
    agents = chunk.spans.join(names, on=["session", "span"]).select("row", "parent_row", "agent_name")
    held = (
        agents.sort("parent_row", "agent_name")
        .group_by("parent_row", maintain_order=True)
        .agg(held_name=pl.col("agent_name").drop_nulls().first())
    )
    return (
        chunk.spans.select("row", "name")
        .join(agents.select("row", "agent_name"), on="row", how="left")
        .join(held, left_on="row", right_on="parent_row", how="left")
        .select("row", waited_for_name=pl.coalesce("held_name", "agent_name", "name"))
    )
