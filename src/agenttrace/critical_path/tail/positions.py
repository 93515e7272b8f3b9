"""The paths of all sessions added up by place: by turn of the main agent."""

from __future__ import annotations

import polars as pl

from agenttrace.model.vocabulary import Phase

_SUMS = ("sessions", "wall_ns", *(f"phase_{phase.value}_ns" for phase in Phase))


def turn_positions(turns: pl.DataFrame) -> pl.DataFrame:
    """Of a turn table, what the n-th turns of the main agents come to: turn, sessions, wall_ns, phase_<phase>_ns."""
    main = turns.filter(pl.col("agent") == 0).with_columns(sessions=pl.lit(1, pl.Int64))
    return added_by_turn(main.select("turn", *_SUMS))


def added_by_turn(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of several such tables as one."""
    return rows.group_by("turn").agg(pl.col(_SUMS).sum()).sort("turn")
