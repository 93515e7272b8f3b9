"""Both readings of an analysis side by side, where they differ enough to be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

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
    others = session_readings(analysis)
    if not others:
        return None
    here = {phase.value: int(analysis.sessions[f"path_{phase.value}_ns"].sum()) for phase in Phase}
    there = dict(here)
    for row in analysis.sessions.iter_rows(named=True):
        other = others.get(row["session"])
        if other is not None:
            for name, ns in other.critical_path_ns.items():
                there[name] += ns - row[f"path_{name}_ns"]
    return Reading(
        inferred_joins=sum(other.inferred_joins for other in others.values()),
        moved_ns=sum(abs(there[name] - here[name]) for name in here) // 2,
        wall_ns=sum(here.values()),
        critical_path_ns=there,
    )
