"""The tasks whose time moved most, both sides next to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from agenttrace.diff.pairing import Pairing
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
            {p.value: row[f"path_{p.value}_ns_after"] - row[f"path_{p.value}_ns"] for p in Phase},
        )
        for row in chosen.iter_rows(named=True)
    ]
