"""The sessions of an analysis as one: percentiles of their times, and what the sums are made of.

Quantiles are of type 7 (linear between the two nearest order statistics, as numpy and R do by default),
computed in integers, so that they are exact and the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from agenttrace.model.vocabulary import Evidence, Phase, Purpose

if TYPE_CHECKING:
    import polars as pl

    from agenttrace.critical_path.analysis import Analysis

ENOUGH_FOR_P95 = 60
ENOUGH_FOR_P99 = 300


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Percentiles over `n` values, in nanoseconds; all null where n is 0."""

    p50: int | None
    p90: int | None
    p95: int | None
    p99: int | None
    max: int | None
    n: int

    @property
    def enough(self) -> Mapping[str, bool]:
        """Whether n carries the percentile that far out; where not, it is shown greyed and never gated on."""
        return {"p95": self.n >= ENOUGH_FOR_P95, "p99": self.n >= ENOUGH_FOR_P99}


@dataclass(frozen=True, slots=True)
class Summary:
    """What all sessions have together; the three partitions each sum to the sum of the wall times."""

    sessions: int
    requests: int
    wall_ns: Quantiles
    active_ns: Quantiles
    critical_path_ns: Mapping[str, int]
    critical_path_by_purpose_ns: Mapping[str, int]
    busy_ns: Mapping[str, int]
    evidence_ns: Mapping[str, int]

    @property
    def total_ns(self) -> int:
        """The sum of the wall times."""
        return sum(self.critical_path_ns.values())


def summarise(analysis: Analysis) -> Summary:
    """Sums and percentiles over `analysis.sessions`."""
    sessions = analysis.sessions
    return Summary(
        sessions=sessions.height,
        requests=_total(sessions["requests"]),
        wall_ns=quantiles(sessions["wall_ns"].to_list()),
        active_ns=quantiles(sessions["active_ns"].to_list()),
        critical_path_ns=_totals(sessions, "path", Phase),
        critical_path_by_purpose_ns=_totals(sessions, "purpose", Purpose),
        busy_ns=_totals(sessions, "busy", Phase),
        evidence_ns=_totals(sessions, "evidence", Evidence),
    )


def quantiles(values: Sequence[int]) -> Quantiles:
    """The percentiles that every table of sessions shows."""
    ordered = sorted(values)
    if not ordered:
        return Quantiles(None, None, None, None, None, 0)
    p50, p90, p95, p99 = (percentile(ordered, percent) for percent in (50, 90, 95, 99))
    return Quantiles(p50, p90, p95, p99, ordered[-1], len(ordered))


class Ordered(Protocol):
    """Values by rank, which ascend."""

    def __len__(self) -> int:
        """How many."""
        ...

    def __getitem__(self, rank: int, /) -> int:
        """The value of that rank, from 0."""
        ...


def percentile(ordered: Ordered, percent: int) -> int:
    """Type 7, rounded to the nearest integer, halves up; `ordered` ascends and is not empty."""
    position, rest = divmod((len(ordered) - 1) * percent, 100)
    if not rest:
        return ordered[position]
    return ordered[position] + ((ordered[position + 1] - ordered[position]) * rest + 50) // 100


def _totals(
    sessions: pl.DataFrame, prefix: str, words: Iterable[Phase | Purpose | Evidence]
) -> dict[str, int]:
    return {word.value: _total(sessions[f"{prefix}_{word.value}_ns"]) for word in words}


def _total(column: pl.Series) -> int:
    return int(column.sum())
