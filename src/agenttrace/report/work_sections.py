"""The sections about the work: joins and whom they waited for, tools, cache misses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from agenttrace.report.cells import Cell, Column, Quoted, Section, Words
from agenttrace.report.lists import SESSION_LISTS, heaviest
from agenttrace.units import format_count, format_duration, format_share, format_tokens

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.critical_path.summary import Summary

_SESSION = Column("session", "text")


def join_section(analysis: Analysis, top: int) -> Section | None:
    """The joins that waited longest, and for which branch; work in the background only if it was waited for."""
    idle = pl.col("background") & (pl.col("slack_ns") == 0)
    joins = heaviest(analysis.joins.filter(~idle), SESSION_LISTS["joins"])
    if not joins.height:
        return None
    many = analysis.sessions.height > 1
    shown = joins.head(top)
    return Section(
        "Joins that waited longest",
        (
            *((_SESSION,) if many else ()),
            *(Column("turn"), Column("agent", "text"), Column("branches")),
            *(Column("waited"), Column("branches' sum"), Column("for whom", "text"), Column("alone")),
            Column("cost"),
        ),
        tuple(_join(row, many=many) for row in shown.iter_rows(named=True)),
        _notes(joins, shown, analysis.joins.height - joins.height),
    )


def _join(row: Mapping[str, Any], *, many: bool) -> tuple[Cell, ...]:
    return (
        *((Quoted(row["session"]),) if many else ()),
        Words(format_count(row["turn"])),
        Words(agent_words(row["agent"])),
        Words(format_count(row["branches"])),
        Words(format_duration(row["wall_ns"]), "plain" if row["explicit"] else "faint"),
        Words(format_duration(row["sum_ns"])),
        Quoted(row["waited_for_name"]),
        Words(format_duration(row["slack_ns"])),
        Words(format_duration(row["cost_ns"])),
    )


def _notes(joins: pl.DataFrame, shown: pl.DataFrame, unawaited: int) -> tuple[str, ...]:
    inferred = (
        joins.filter(~pl.col("explicit"))
        .group_by("rule", "confidence")
        .agg(count=pl.len())
        .sort("count", "rule", descending=[True, False])
    )
    return (
        *rest(joins.height, shown.height),
        "alone: how long that branch was the only one still running; cost: what the session lost by that",
        *(_inferred(*row) for row in inferred.select("count", "rule", "confidence").iter_rows()),
        *(
            (f"background work had ended {format_count(unawaited)} × before it was used",)
            if unawaited
            else ()
        ),
    )


def _inferred(count: int, rule: str | None, confidence: float | None) -> str:
    """So many joins that no record states, and why they count as joins."""
    trust = "" if confidence is None else f", confidence {confidence:.0%}"
    return f"{format_count(count)} of the joins inferred, not stated: {rule or 'no rule'}{trust}"


def agent_words(agent: int) -> str:
    """An agent by its number in the session."""
    return "main" if agent == 0 else f"#{agent}"


def rest(total: int, shown: int) -> tuple[str, ...]:
    """A remark on what was left out, if anything was."""
    return (f"{format_count(shown)} of {format_count(total)} (--top N shows more)",) if shown < total else ()


def tool_section(analysis: Analysis, summary: Summary, top: int) -> Section | None:
    """The tools that sessions waited for longest, over all sessions."""
    tools = (
        analysis.tools.with_columns(pl.col("name").cast(pl.String))
        .group_by("name")
        .agg(pl.col("calls", "busy_ns", "critical_ns").sum())
        .sort(
            "critical_ns", "busy_ns", "calls", "name", descending=[True, True, True, False], nulls_last=True
        )
    )
    if not tools.height:
        return None
    shown = tools.head(top)
    return Section(
        "Slowest tools",
        (
            *(Column("tool", "text"), Column("calls"), Column("each"), Column("busy")),
            *(Column("critical path"), Column("share")),
        ),
        tuple(_tool(row, summary.total_ns) for row in shown.iter_rows(named=True)),
        rest(tools.height, shown.height),
    )


def _tool(row: Mapping[str, Any], total: int) -> tuple[Cell, ...]:
    each = row["busy_ns"] // row["calls"] if row["calls"] else None
    return (
        Quoted(row["name"]),
        Words(format_count(row["calls"])),
        Words(format_duration(each)),
        Words(format_duration(row["busy_ns"])),
        Words(format_duration(row["critical_ns"])),
        Words(format_share(row["critical_ns"], total)),
    )


def miss_section(analysis: Analysis, top: int) -> Section | None:
    """The cache misses that cost most tokens, and why, where a source says why."""
    misses = heaviest(analysis.cache_misses, SESSION_LISTS["misses"])
    if not misses.height:
        return None
    many = analysis.sessions.height > 1
    shown = misses.head(top)
    return Section(
        "Cache misses",
        (
            *((_SESSION,) if many else ()),
            *(Column("turn"), Column("agent", "text"), Column("tokens"), Column("because", "text")),
        ),
        tuple(
            (
                *((Quoted(row["session"]),) if many else ()),
                Words(format_count(row["turn"])),
                Words(agent_words(row["agent"])),
                Words(format_tokens(row["tokens"])),
                Quoted(row["reason"]),
            )
            for row in shown.iter_rows(named=True)
        ),
        rest(misses.height, shown.height),
    )
