"""Joins of work in the background: where an agent uses what it had started and gone on beside."""

from __future__ import annotations

import polars as pl

from agenttrace.critical_path.measures.chunk import Chunk

_USE = "to_row"
MOST_TOLD = 32
"""Of so many branches of a join it is said who each was."""


def background_joins(chunk: Chunk) -> pl.DataFrame:
    """One row for each request that uses background work, with columns as in `join_table` but for names.

    The branches are that work and, as one more, what the agent itself did beside it; the turn is that of the
    request. `waited_for` is the work that ended last, and `slack_ns` how long the agent had nothing else to
    do by then: none, if the work had ended before. `explicit`: all of the uses are stated; `rule` and `confidence`
    are those of the last one.
    """
    uses = _uses(chunk)
    joined = (
        uses.sort(_USE, "done_ns", "graph_start", "span")
        .group_by(_USE, maintain_order=True)
        .agg(
            pl.col("session", "turn", "agent", "at").first(),
            pl.col("explicit").all(),
            pl.col("rule", "confidence").last(),
            branches=pl.len().cast(pl.Int64) + 1,
            waited_for=pl.col("span").last(),
            waited_row=pl.col("row").last(),
            second_row=pl.col("row").get(-2, null_on_oob=True),
            branch_rows=pl.col("row").tail(MOST_TOLD),
            at_ns=pl.col("done_ns").last(),
            before_ns=pl.col("done_ns").get(-2, null_on_oob=True),
            first_ns=pl.col("graph_start").min(),
            theirs_ns=(pl.col("done_ns") - pl.col("graph_start")).sum(),
        )
    )
    own_end = pl.coalesce("own_ns", "first_ns")
    return joined.join(_own_line(chunk, joined), on=_USE, how="left").select(
        "session", "turn", "agent", "at_ns", "branches", "waited_for", "waited_row", "second_row",
        "branch_rows",
        wall_ns=pl.col("at_ns") - pl.col("first_ns"),
        sum_ns=pl.col("theirs_ns") + own_end - pl.col("first_ns"),
        slack_ns=(pl.col("at_ns") - pl.max_horizontal(own_end, "before_ns")).clip(lower_bound=0),
        explicit="explicit",
        rule="rule",
        confidence="confidence",
        background=pl.lit(value=True),
    )  # fmt: skip


def _uses(chunk: Chunk) -> pl.DataFrame:
    """Background work with the request that uses it; one row a pair."""
    spans = chunk.spans
    work = spans.filter(~pl.col("blocking") & (pl.col("graph_end") > pl.col("graph_start"))).select(
        "row", "graph_start", "graph_end", span=pl.col("span").cast(pl.Int32)
    )
    users = spans.select("session", "turn", "agent", to_row="row", at="graph_start")
    return (
        chunk.uses.join(work, on="row")
        .join(users, on="to_row")
        .filter(pl.col("graph_start") < pl.col("at"))
        .with_columns(done_ns=pl.min_horizontal("graph_end", "at"))
        .sort("to_row", "row", "explicit", descending=[False, False, True])
        .unique(["to_row", "row"], keep="first", maintain_order=True)
    )


def _own_line(chunk: Chunk, joined: pl.DataFrame) -> pl.DataFrame:
    """When the agent's own last work ended before it used the other; no row where it did none beside it."""
    kind = pl.col("kind")
    work = chunk.spans.filter((kind == "request") | (kind == "tool") | (kind == "compaction")).select(
        "session", "agent", "graph_end"
    )
    return (
        joined.join(work, on=["session", "agent"])
        .filter((pl.col("graph_end") <= pl.col("at")) & (pl.col("graph_end") > pl.col("first_ns")))
        .group_by(_USE)
        .agg(own_ns=pl.col("graph_end").max())
    )
