"""Analyses of many traces as one: every session's totals, and the lists of those that a reader will look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import TypeAlias

import polars as pl
import pyarrow as pa

from agenttrace.critical_path.analysis import Analysis, plain
from agenttrace.critical_path.measures.serving import coarser
from agenttrace.critical_path.tail.positions import added_by_position, added_by_turn
from agenttrace.critical_path.what_if.ranking import looked_at_first

DETAILED_SESSIONS = 100
HEAVIEST_ROWS = 2_000
EXACT_LATENCIES = 300_000

_MANY = {"parts"}
"""Tables with many rows of each session, all of which count: their names are held once, and in rows by number."""

_GATHERED_AT_ONCE = 8
"""So many analyses wait until they are put together: doing it for each would copy all for each."""

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
    _held: dict[str, list[pl.DataFrame]] = field(default_factory=dict)

    def add(self, part: Analysis) -> None:
        """The analysis of one more trace, of sessions that no other one has."""
        for each in fields(Analysis):
            frame = getattr(part, each.name)
            held = frame.with_columns(pl.col(pl.String).cast(pl.Categorical)) if each.name in _MANY else frame
            self._held.setdefault(each.name, []).append(held)
        if len(self._held["sessions"]) > _GATHERED_AT_ONCE:
            self._put_together()

    def analysis(self, findings: pa.Table) -> Analysis:
        """All of it, with the findings of reading beside those of the analyses; sessions by their start."""
        if not self._held:
            message = "nothing was gathered"
            raise ValueError(message)
        self._put_together()
        held = {name: frames[0] for name, frames in self._held.items()}
        for name in _MANY:
            held[name] = held[name].with_columns(pl.col(pl.Categorical).cast(pl.String))
        held["sessions"] = held["sessions"].sort("start_ns", "session", "end_ns")
        held["findings"] = _summed(pl.concat([plain(findings), held["findings"]], how="vertical_relaxed"))
        return Analysis(**held)

    def _put_together(self) -> None:
        """Leaves what may be looked at, in memory of its own, so that nothing that was cut off stays with it."""
        sources = self._held.pop("sources")
        counts = [frame.get_column("sessions") for frame in sources]
        together = {"sources": [sources[0].with_columns(sessions=pl.sum_horizontal(*counts))]}
        sessions = pl.concat(self._held["sessions"], how="vertical_relaxed")
        chosen = _chosen(sessions, self.keep)
        for name in list(self._held):
            frame = pl.concat(self._held.pop(name), how="vertical_relaxed")
            frame = _ADDED_UP[name](frame) if name in _ADDED_UP else frame
            together[name] = [_cut(name, frame, chosen).rechunk()]
        self._held = together


def cut(found: Analysis, keep: frozenset[str]) -> Analysis:
    """What of an analysis may be looked at, whatever it is gathered with: see `Gathering`."""
    chosen = _chosen(found.sessions, keep)
    names = (each.name for each in fields(Analysis))
    return Analysis(**{name: _cut(name, getattr(found, name), chosen) for name in names})


def _chosen(sessions: pl.DataFrame, keep: frozenset[str]) -> pl.Expr:
    """Rows of the slowest sessions, and of those that are kept whatever they are."""
    slowest = sessions.sort("wall_ns", "session", descending=[True, False]).head(DETAILED_SESSIONS)
    return pl.col("session").is_in([*slowest.get_column("session"), *keep])


def _cut(name: str, frame: pl.DataFrame, chosen: pl.Expr) -> pl.DataFrame:
    if name in _WEIGHTS:
        return _heaviest(frame, chosen, _WEIGHTS[name])
    if name == "segments":
        return frame.filter(chosen)
    if name == "latencies" and frame.height > EXACT_LATENCIES:
        return coarser(frame)
    return _SHORTER[name](frame) if name in _SHORTER else frame


def _heaviest(frame: pl.DataFrame, chosen: pl.Expr, weight: pl.Expr) -> pl.DataFrame:
    others = frame.filter(~chosen)
    if others.height > HEAVIEST_ROWS:
        others = others.sort(weight, descending=True, nulls_last=True, maintain_order=True).head(
            HEAVIEST_ROWS
        )
    return pl.concat([frame.filter(chosen), others])


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


_Change: TypeAlias = Callable[[pl.DataFrame], pl.DataFrame]

_SHORTER: Mapping[str, _Change] = {"ranking": looked_at_first, "findings": _summed}
"""What shortens other tables, however little there is of them."""

_ADDED_UP: Mapping[str, _Change] = {
    "queues": _added,
    "by_turn": added_by_turn,
    "by_branch": added_by_position,
}
"""Tables whose rows are not of a session, and how those of several analyses become one."""
