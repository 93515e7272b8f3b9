"""Which rows a report shows of a long list, and in which order: the same choice for people and programs.

A list is cut to the rows that weigh most; ties are broken by everything else that the row says, so that the
choice does not depend on the order in which rows arrive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from agenttrace.model.vocabulary import Phase, Severity


@dataclass(frozen=True, slots=True)
class SessionList:
    """A list of a session: its frame, what a row weighs, how rows are ordered, and which columns are told.

    `least`: the rows that weigh least come first, not those that weigh most.
    """

    frame: str
    weight: str
    order: tuple[str, ...]
    columns: tuple[str, ...]
    in_time: bool = False
    least: bool = False


SESSION_LISTS = {
    "turns": SessionList(
        "turns",
        "wall_ns",
        ("start_ns", "agent", "turn"),
        (
            *("turn", "agent", "agent_name", "start_ns", "wall_ns"),
            *(f"phase_{phase.value}_ns" for phase in Phase),
            *("input", "cache_read", "output", "context"),
        ),
        in_time=True,
    ),
    "joins": SessionList(
        "joins",
        "wall_ns",
        ("at_ns", "agent", "turn"),
        (
            *("turn", "agent", "at_ns", "branches", "waited_for", "waited_for_name"),
            *("second_name", "wall_ns", "sum_ns", "slack_ns", "cost_ns", "explicit", "rule", "confidence"),
            *("background", "each"),
        ),
    ),
    "compactions": SessionList(
        "compactions",
        "wall_ns",
        ("start_ns", "agent", "turn"),
        ("turn", "agent", "start_ns", "wall_ns", "tokens_before", "tokens_after"),
        in_time=True,
    ),
    "misses": SessionList(
        "cache_misses",
        "tokens",
        ("agent", "turn", "reason"),
        ("turn", "agent", "tokens", "reason", "reason_stated", "cost_ns"),
    ),
    "tools": SessionList(
        "tools", "critical_ns", ("busy_ns", "calls", "name"), ("name", "calls", "busy_ns", "critical_ns")
    ),
    "top": SessionList(
        "top",
        "critical_ns",
        ("span",),
        ("span", "name", "kind", "phase", "critical_ns", "drag_ns", "slack_ns"),
    ),
    "near_critical": SessionList(
        "near_critical",
        "slack_ns",
        ("span",),
        ("span", "name", "kind", "agent", "length_ns", "slack_ns"),
        least=True,
    ),
}


def heaviest(frame: pl.DataFrame, chosen: SessionList) -> pl.DataFrame:
    """The rows of a list, the heaviest first."""
    order = (chosen.weight, *chosen.order, "session")
    falling = [name in {chosen.weight, "busy_ns", "calls"} and not chosen.least for name in order]
    return frame.sort(order, descending=falling, nulls_last=True, maintain_order=True)


def longest_by_session(
    frame: pl.DataFrame, chosen: SessionList, top: int
) -> dict[str, tuple[int, list[dict[str, Any]]]]:
    """For each session: how many rows there are, and the `top` heaviest of them."""
    if frame.is_empty():
        return {}
    totals = dict(frame.group_by("session").len().iter_rows())
    kept = heaviest(frame, chosen).group_by("session", maintain_order=True).head(top)
    if chosen.in_time:
        kept = kept.sort("session", *chosen.order, nulls_last=True, maintain_order=True)
    columns = [name for name in chosen.columns if name in kept.columns]
    rows: dict[str, tuple[int, list[dict[str, Any]]]] = {}
    told = kept.select(columns).iter_rows(named=True)
    for session, row in zip(kept["session"], told, strict=True):
        rows.setdefault(session, (totals[session], []))[1].append(row)
    return rows


def distinct_findings(findings: pl.DataFrame) -> pl.DataFrame:
    """One row a code, the gravest first: counts added up over files, the first file and example kept."""
    ranks = {severity.value: rank for rank, severity in enumerate(reversed(Severity))}
    grave = pl.col("severity").replace_strict(ranks, default=len(ranks), return_dtype=pl.Int64)
    return (
        findings.with_columns(pl.col("code", "severity").cast(pl.String))
        .sort("code", "severity", "file", "line", nulls_last=True, maintain_order=True)
        .group_by("code", "severity", maintain_order=True)
        .agg(
            pl.col("count").sum(),
            pl.col("file").n_unique().cast(pl.Int64).alias("files"),
            pl.col("file", "line", "example").first(),
        )
        .sort(grave, -pl.col("count"), "code", maintain_order=True)
        .select("code", "severity", "count", "example", "file", "line", "files")
    )
