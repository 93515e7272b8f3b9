"""Joins: sets of branches that ran beside each other and that one span waited for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from agenttrace.critical_path.arrays import run_starts, running_max
from agenttrace.critical_path.measures.background_joins import MOST_TOLD, background_joins
from agenttrace.critical_path.measures.chunk import Chunk
from agenttrace.model import rules


def join_table(chunk: Chunk, fans: pl.DataFrame) -> pl.DataFrame:
    """One row a join of `awaited_branches`, or of work in the background, in order of session and time.

    Branches are tool calls and agents of one parent and turn that overlap; or, where `background`, work in
    the background that a request uses, and what its agent did beside it. `wall_ns` runs from the first
    start to the last end, `sum_ns` is what the branches would take one after the other, and `slack_ns`
    how much later the last one ended than the one before it. `cost_ns` is what of that the session lost: what
    it would gain if the last branch ended with the one before it, whose name is `second_name`. `each` has the
    last MOST_TOLD branches in the order in which they ended, each with its own slack. Where it is not `explicit`
    that the last branch was waited for, `rule` says by what that is inferred, and `confidence`, if it is known.
    """
    joined = pl.concat([_awaited_joins(chunk, fans), background_joins(chunk)], how="vertical_relaxed")
    waited_row = joined.get_column("waited_row")
    round_way = chunk.spans.get_column("round_way_ns").gather(waited_row)
    lost = pl.when(round_way.is_not_null()).then(pl.min_horizontal(round_way, "slack_ns"))
    return (
        joined.with_columns(
            waited_for_name=_branch_names(chunk, waited_row),
            second_name=_branch_names(chunk, joined.get_column("second_row")),
            cost_ns=lost,
            each=_told(chunk, joined.get_column("branch_rows")),
        )
        .select(
            "session", "turn", "agent", "at_ns", "branches", "waited_for", "waited_for_name", "second_name",
            "wall_ns", "sum_ns", "slack_ns", "cost_ns", "explicit", "rule", "confidence", "background", "each",
        )
        .sort("session", "at_ns", "agent", "turn", "waited_for", "background")
    )  # fmt: skip


def straggler_waits(joins: pl.DataFrame) -> pl.DataFrame:
    """Session and `straggler_ns`: how long main agents waited for a last branch when all others had ended.

    A row a join with such a wait; nothing is counted twice.
    """
    waits = joins.filter((pl.col("agent") == 0) & (pl.col("branches") > 1) & (pl.col("slack_ns") > 0))
    begin = pl.col("at_ns") - pl.col("slack_ns")
    seen = pl.col("at_ns").cum_max().shift(1).over("session")
    new = pl.col("at_ns") - pl.max_horizontal(begin, seen)
    return waits.sort("session", begin, "at_ns").select("session", straggler_ns=new.clip(lower_bound=0))


def _awaited_joins(chunk: Chunk, fans: pl.DataFrame) -> pl.DataFrame:
    """Joins of branches that their parent waits for."""
    joined = (
        fans.sort("graph_end", "graph_start", "row")
        .group_by("group", maintain_order=True)
        .agg(
            session=pl.col("session").first(),
            turn=pl.col("turn").drop_nulls().max(),
            agent=pl.col("branch_agent").first(),
            at_ns=pl.col("graph_end").last(),
            branches=pl.len().cast(pl.Int64),
            waited_for=pl.col("span").last().cast(pl.Int32),
            waited_row=pl.col("row").last(),
            second_row=pl.col("row").get(-2, null_on_oob=True),
            branch_rows=pl.col("row").tail(MOST_TOLD),
            explicit=pl.col("stated").last(),
            first_ns=pl.col("graph_start").min(),
            sum_ns=(pl.col("graph_end") - pl.col("graph_start")).sum(),
            second_ns=pl.col("graph_end").get(-2, null_on_oob=True),
        )
        .select(
            "session", "turn", "agent", "at_ns", "branches", "waited_for", "waited_row", "second_row", "branch_rows",
            wall_ns=pl.col("at_ns") - pl.col("first_ns"),
            sum_ns="sum_ns",
            slack_ns=pl.col("at_ns") - pl.col("second_ns"),
            explicit="explicit",
        )
    )  # fmt: skip
    inferred = chunk.agents.filter("spawn_inferred").get_column("spawn_row").drop_nulls()
    contained = pl.col("waited_row").is_in(inferred.implode())
    return joined.with_columns(
        rule=_unless_stated(contained, lambda rule: rule.name),
        confidence=_unless_stated(contained, lambda rule: rule.confidence).cast(pl.Float64),
        background=pl.lit(value=False),
    )


def _unless_stated(contained: pl.Expr, said: Callable[[rules.Rule], str | float | None]) -> pl.Expr:
    """What is said of the rule by which a branch counts as waited for; null where that is stated."""
    of_rule = pl.when(contained).then(pl.lit(said(rules.CONTAINED))).otherwise(pl.lit(said(rules.OUTLASTED)))
    return pl.when(~pl.col("explicit")).then(of_rule)


def _told(chunk: Chunk, rows: pl.Series) -> pl.Series:
    """What is said of each branch of joins: lists of span, name, took_ns and slack_ns."""
    branch = pl.DataFrame({"join": np.arange(len(rows)), "row": rows}).explode("row")
    facts = chunk.spans.select(
        pl.col("span").cast(pl.Int64), "slack_ns", took_ns=pl.col("graph_end") - pl.col("graph_start")
    )[branch.get_column("row")]
    told = pl.concat([branch.select("join"), facts], how="horizontal").with_columns(
        name=_branch_names(chunk, branch.get_column("row"))
    )
    lists = told.group_by("join", maintain_order=True).agg(
        each=pl.struct("span", "name", "took_ns", "slack_ns")
    )
    return lists.get_column("each")


def awaited_branches(chunk: Chunk) -> pl.DataFrame:
    """`branches` that are not alone in their group: those of joins."""
    found = branches(chunk)
    group = found.get_column("group").to_numpy()
    return found.filter(pl.Series(np.bincount(group)[group] > 1, dtype=pl.Boolean))


def branches(chunk: Chunk) -> pl.DataFrame:
    """Tool calls and agents that are waited for, grouped by parent, turn and overlap, by group and start.

    What waited for the call before it does not run beside it, though clocks of whole milliseconds say so.
    """
    ordered = (
        chunk.spans.select(
            "session", "row", "parent_row", "kind", "blocking", "turn", "agent", "span", "graph_start",
            "graph_end", "begins_ns", "stated",
        )
        .filter(
            ((pl.col("kind") == "tool") | (pl.col("kind") == "agent"))
            & pl.col("blocking")
            & (pl.col("graph_end") > pl.col("graph_start"))
        )
        .join(chunk.agents.select("row", "parent_agent"), on="row", how="left")
        .with_columns(
            branch_agent=pl.coalesce("parent_agent", "agent"), around=pl.col("turn").fill_null(-1)
        )
        .sort("parent_row", "around", "graph_start", "graph_end", "row")
    )  # fmt: skip
    around, begins = (ordered.get_column(name).to_numpy() for name in ("around", "begins_ns"))
    first = run_starts(ordered.get_column("parent_row").to_numpy(), around)
    reach = running_max(np.cumsum(first), ordered.get_column("graph_end").to_numpy())
    first[1:] |= begins[1:] >= reach[:-1]
    return ordered.with_columns(group=pl.Series(np.cumsum(first)))


def _branch_names(chunk: Chunk, rows: pl.Series) -> pl.Series:
    """What to call the branches at these rows: the agent that a tool call holds, else the tool."""
    parents = chunk.spans.get_column("parent_row")
    agents = chunk.agents.select("row", "called", parent_row=parents.gather(chunk.agents.get_column("row")))
    held = (
        agents.drop_nulls("called")
        .sort("parent_row", "called")
        .unique("parent_row", keep="first", maintain_order=True)
        .select(row="parent_row", held="called")
    )
    own = chunk.spans.get_column("name").gather(rows).cast(pl.String)
    return (
        pl.DataFrame({"row": rows, "own": own})
        .join(agents.select("row", "called"), on="row", how="left", maintain_order="left")
        .join(held, on="row", how="left", maintain_order="left")
        .select(pl.coalesce("held", "called", "own"))
        .to_series()
    )
