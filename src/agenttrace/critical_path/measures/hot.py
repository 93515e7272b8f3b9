"""Where the path spends its time: the heaviest spans, those that nearly are on it, and tools by name."""

from __future__ import annotations

import polars as pl

from agenttrace.critical_path.arrays import sums
from agenttrace.critical_path.measures.chunk import Chunk
from agenttrace.model.vocabulary import Phase

TOP_SPANS = 1000
NEAR_SPANS = 20
_TOLD = ("session", "span", "name", "kind", "drag_ns", "slack_ns")
_WORK = ("request", "tool", "agent", "compaction", "user_wait")


def top_spans(chunk: Chunk, limit: int = TOP_SPANS) -> pl.DataFrame:
    """The spans of each session with the most time on the path, at most `limit` each, heaviest first."""
    by_phase = chunk.segments.group_by("row", "phase").agg(pl.col("length").sum())
    summed = (
        by_phase.sort("length", "phase", descending=[True, False])
        .group_by("row", maintain_order=True)
        .agg(phase=pl.col("phase").first().cast(pl.String), critical_ns=pl.col("length").sum())
    )
    facts = chunk.spans.select(*_TOLD)[summed.get_column("row")]
    named = pl.concat([summed, facts.with_columns(pl.col("name", "kind").cast(pl.String))], how="horizontal")
    heaviest = named.sort("session", "critical_ns", "span", descending=[False, True, False])
    return (
        heaviest.group_by("session", maintain_order=True)
        .head(limit)
        .select("session", "span", "name", "kind", "phase", "critical_ns", "drag_ns", "slack_ns")
    )


def near_spans(chunk: Chunk, limit: int = NEAR_SPANS) -> pl.DataFrame:
    """The spans of each session with the least slack that is more than none, at most `limit` each.

    Of what lies inside one another with the same slack only the outermost is told; `length_ns` is its own.
    """
    spans = chunk.spans
    around = spans.get_column("slack_ns").gather(spans.get_column("parent_row"))
    length = (pl.col("graph_end") - pl.col("graph_start")).alias("length_ns")
    inside = (pl.col("slack_ns") == around).fill_null(value=False)
    work = pl.any_horizontal(pl.col("kind") == kind for kind in _WORK)
    return (
        spans.select("session", "span", "name", "kind", "agent", length, "slack_ns", inside.alias("inside"))
        .filter(work & (pl.col("slack_ns") > 0) & (pl.col("length_ns") > 0) & ~pl.col("inside"))
        .select("session", "span", pl.col("name", "kind").cast(pl.String), "agent", "length_ns", "slack_ns")
        .sort("session", "slack_ns", "length_ns", "span", descending=[False, False, True, False])
        .group_by("session", maintain_order=True)
        .head(limit)
    )


def tool_table(chunk: Chunk, busy: pl.DataFrame) -> pl.DataFrame:
    """Tools by name: calls, own time of all calls, and own time on the path; the heaviest first.

    What else is in the phase of tools on the path counts as one: a command that runs in the background.

    `sessions` is 1 where a tool is on the path of its session: rows of many sessions can be added up.
    """
    own = pl.col("phase").cast(pl.String) == Phase.TOOL.value
    beside = chunk.segments.filter(own).get_column("row").unique()
    called = pl.col("kind") == "tool"
    tools = chunk.spans.select("row", "session", "name", "kind").filter(
        called | pl.col("row").is_in(beside.implode())
    )
    rows = tools.get_column("row").to_numpy()
    told = {"busy_ns": (busy, "busy_ns"), "critical_ns": (chunk.segments, "length")}
    spent = {
        name: sums(of.get_column(length).to_numpy(), of.get_column("row").to_numpy(), chunk.spans.height)[
            rows
        ]
        for name, (of, length) in told.items()
    }
    known = tools.with_columns(pl.Series(name, lengths) for name, lengths in spent.items())
    return (
        known.group_by("session", "name")
        .agg(
            calls=pl.len().cast(pl.Int64),
            busy_ns=pl.col("busy_ns").sum(),
            critical_ns=pl.col("critical_ns").sum(),
        )
        .with_columns(pl.col("name").cast(pl.String), sessions=(pl.col("critical_ns") > 0).cast(pl.Int64))
        .sort("session", "critical_ns", "busy_ns", "name", descending=[False, True, True, False])
    )
