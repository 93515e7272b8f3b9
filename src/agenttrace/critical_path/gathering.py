"""Analyses of many traces as one: every session's totals, and the lists of those that a reader will look at."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import polars as pl
import pyarrow as pa

from agenttrace.critical_path.analysis import Analysis, plain
from agenttrace.critical_path.measures.serving import coarser
from agenttrace.critical_path.tail.positions import added_by_turn
from agenttrace.critical_path.what_if.ranking import looked_at_first

DETAILED_SESSIONS = 200
HEAVIEST_ROWS = 2_000
EXACT_LATENCIES = 1_000_000

_WEIGHTS = {
    "turns": pl.col("wall_ns"),
    "joins": pl.col("wall_ns"),
    "top": pl.col("critical_ns"),
    "near_critical": -pl.col("slack_ns"),
    "cache_misses": pl.col("tokens"),
}
"""Lists with many rows a session, and what a row of each weighs."""


@dataclass(slots=True)
class Gathering:
    """Takes analyses of complete sessions in; what it holds grows with the sessions, not with their spans.

    Of the lists in `_WEIGHTS` it keeps those of the slowest sessions, and of all others the heaviest rows; the
    path's segments only of the slowest; of more than EXACT_LATENCIES latencies three digits. `keep` names
    sessions whose lists are kept whatever their length.
    """

    keep: frozenset[str] = frozenset()
    _held: Analysis | None = None

    def add(self, part: Analysis) -> None:
        """The analysis of one more trace, of sessions that no other one has."""
        held = part if self._held is None else _below(self._held, part)
        self._held = cut(held, self.keep)

    def analysis(self, findings: pa.Table) -> Analysis:
        """All of it, with the findings of reading beside those of the analyses; sessions by their start."""
        if self._held is None:
            message = "nothing was gathered"
            raise ValueError(message)
        held = self._held
        sessions = held.sessions.sort("start_ns", "session", "end_ns")
        found = pl.concat([plain(findings), held.findings], how="vertical_relaxed")
        return replace(held, sessions=sessions, findings=_summed(found))


def cut(held: Analysis, keep: frozenset[str]) -> Analysis:
    """What of an analysis may be looked at, whatever it is gathered with: see `Gathering`."""
    slowest = held.sessions.sort("wall_ns", "session", descending=[True, False]).head(DETAILED_SESSIONS)
    chosen = pl.col("session").is_in([*slowest.get_column("session"), *keep])
    lists = {name: _heaviest(getattr(held, name), chosen, weight) for name, weight in _WEIGHTS.items()}
    if held.latencies.height > EXACT_LATENCIES:
        lists["latencies"] = coarser(held.latencies)
    return replace(
        held,
        segments=held.segments.filter(chosen),
        ranking=looked_at_first(held.ranking),
        findings=_summed(held.findings),
        **lists,
    )


def _heaviest(frame: pl.DataFrame, chosen: pl.Expr, weight: pl.Expr) -> pl.DataFrame:
    others = frame.filter(~chosen)
    if others.height > HEAVIEST_ROWS:
        others = others.sort(weight, descending=True, nulls_last=True, maintain_order=True).head(
            HEAVIEST_ROWS
        )
    return pl.concat([frame.filter(chosen), others])


def _below(one: Analysis, other: Analysis) -> Analysis:
    """The rows of both; sources are the same files, their sessions added up."""
    names = [field.name for field in fields(Analysis) if field.name != "sources"]
    rows = {
        name: pl.concat([getattr(one, name), getattr(other, name)], how="vertical_relaxed") for name in names
    }
    sessions = one.sources.get_column("sessions") + other.sources.get_column("sessions")
    rows["queues"] = _added(rows["queues"])
    rows["by_turn"] = added_by_turn(rows["by_turn"])
    return Analysis(sources=one.sources.with_columns(sessions=sessions), **rows)


def _added(queues: pl.DataFrame) -> pl.DataFrame:
    """One row for each fit, what it was applied to added up."""
    sums = ("requests", "queued", "wait_ns", "queue_ns")
    fits = [name for name in queues.columns if name not in sums]
    added = queues.group_by(fits, maintain_order=True).agg(pl.col(sums).sum())
    return added.select(queues.columns)


def _summed(findings: pl.DataFrame) -> pl.DataFrame:
    """One row for each code and file, its counts added up, with its first line."""
    return (
        findings.group_by("code", "severity", "file", maintain_order=True)
        .agg(pl.col("count").sum(), pl.col("line").min(), pl.col("example").first())
        .select(findings.columns)
        .sort("code", "file", nulls_last=True)
    )
