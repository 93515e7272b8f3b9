"""Which sessions are slow: those with the most active time; nothing is while a user thinks or a computer sleeps."""

from __future__ import annotations

import polars as pl

from agenttrace.model.vocabulary import Phase

IDLE = (Phase.USER, Phase.SUSPENDED)
"""Phases in which nothing works: the wall time less these is the active time."""


def slowest(sessions: pl.DataFrame, most: int | None = None) -> pl.DataFrame:
    """Of a session table these many, the slowest first; of equal ones by their names."""
    ordered = sessions.sort("active_ns", "session", descending=[True, False])
    return ordered if most is None else ordered.head(most)
