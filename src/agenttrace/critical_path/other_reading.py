"""Both readings of an analysis side by side, where they differ enough to be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from agenttrace.model.vocabulary import Phase

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis

DIFFERENCE = 0.02
"""Readings differ where more than this share of the wall time has another phase."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What paths are made of if no join between agents is inferred; `moved_ns`: how much of them has another phase."""

    inferred_joins: int
    moved_ns: int
    wall_ns: int
    critical_path_ns: Mapping[str, int]

    @property
    def differs(self) -> bool:
        """Whether it is worth telling."""
        return self.moved_ns > DIFFERENCE * self.wall_ns


def session_readings(analysis: Analysis) -> dict[str, Reading]:
    """Of each session that has inferred joins between agents."""
    walls = dict(analysis.sessions.select("session", "wall_ns").iter_rows())
    found = {}
    for row in analysis.readings.iter_rows(named=True):
        path = {phase.value: row[f"path_{phase.value}_ns"] for phase in Phase}
        found[row["session"]] = Reading(row["inferred_joins"], row["moved_ns"], walls[row["session"]], path)
    return found


def summed_reading(analysis: Analysis) -> Reading | None:
    """Of all sessions together, those with one reading only included; None where all have one only."""
    others = analysis.readings
    if others.is_empty():
        return None
    names = [f"path_{phase.value}_ns" for phase in Phase]
    here = _sums(analysis.sessions, names)
    twice = analysis.sessions.filter(pl.col("session").is_in(others["session"].implode()))
    moved = zip(_sums(others, names), _sums(twice, names), strict=True)
    there = [own + one - other for own, (one, other) in zip(here, moved, strict=True)]
    return Reading(
        inferred_joins=int(others["inferred_joins"].sum()),
        moved_ns=sum(abs(one - own) for one, own in zip(there, here, strict=True)) // 2,
        wall_ns=sum(here),
        critical_path_ns={phase.value: ns for phase, ns in zip(Phase, there, strict=True)},
    )


def _sums(frame: pl.DataFrame, names: Sequence[str]) -> list[int]:
    return [int(frame[name].sum()) for name in names]
