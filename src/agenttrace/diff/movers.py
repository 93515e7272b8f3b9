"""The tasks whose time moved most, both sides next to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from agenttrace.diff.pairing import Pairing
from agenttrace.diff.summaries import DIVIDED
from agenttrace.model.vocabulary import Phase

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Mover:
    """A task: a session of each side, mean times where there are several, and the change by phase."""

    task: str
    baseline_session: str
    candidate_session: str
    baseline_ns: int
    candidate_ns: int
    phases_ns: Mapping[str, int]


def most_moved(pairing: Pairing, count: int = SHOWN) -> Sequence[Mover]:
    """By the size of the change of wall time; none where sides are not paired."""
    if not pairing.paired:
        return ()
    columns = ["wall_ns", *(f"path_{phase.value}_ns" for phase in Phase)]
    sides = [
        frame.sort("session")
        .group_by("task")
        .agg(pl.col("session").first(), pl.col(columns).mean().round().cast(pl.Int64))
        for frame in (pairing.base, pairing.candidate)
    ]
    joined = (
        sides[0]
        .join(sides[1], on="task", suffix="_after")
        .with_columns(moved=(pl.col("wall_ns_after") - pl.col("wall_ns")).abs())
    )
    chosen = joined.sort("moved", "task", descending=[True, False]).head(count)
    return [
        Mover(
            row["task"],
            row["session"],
            row["session_after"],
            row["wall_ns"],
            row["wall_ns_after"],
            _moved(row),
        )
        for row in chosen.iter_rows(named=True)
    ]


def _moved(row: Mapping[str, Any]) -> dict[str, int]:
    """By phase; where a side does not divide its requests, the other's are not divided either."""
    before, after = ({phase: row[f"path_{phase.value}_ns{end}"] for phase in Phase} for end in ("", "_after"))
    untold = None in (before[Phase.QUEUE], after[Phase.QUEUE])
    for side in (before, after) if untold else ():
        side[Phase.MODEL] += sum(side[phase] or 0 for phase in DIVIDED)
        side.update(dict.fromkeys(DIVIDED, 0))
    return {phase.value: after[phase] - before[phase] for phase in Phase}
