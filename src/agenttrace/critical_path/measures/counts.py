"""How long the lists of each session are: those that are cut where there are many sessions."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.critical_path.arrays import Ints, run_starts, running_max, sums, within_groups


def with_lists_counted(sessions: pl.DataFrame, misses: pl.DataFrame, joins: pl.DataFrame) -> pl.DataFrame:
    """The sessions with what their cache misses and their joins come to."""
    count = sessions.height
    missing, joining = (of.get_column("session").to_numpy() for of in (misses, joins))
    wait = joins.get_column("slack_ns").fill_null(0).to_numpy()
    counted = {
        "cache_misses": np.bincount(missing, minlength=count),
        "missed_tokens": sums(misses.get_column("tokens").fill_null(0).to_numpy(), missing, count),
        "joins": np.bincount(joining, minlength=count),
        "join_wait_ns": sums(wait, joining, count),
        "straggler_ns": straggler_waits(joins, count),
    }
    return sessions.with_columns(pl.Series(name, values, dtype=pl.Int64) for name, values in counted.items())


def straggler_waits(joins: pl.DataFrame, count: int) -> Ints:
    """Of each session how long its main agent waited for a last branch when all others had ended; nothing twice."""
    agent, branches, session = (
        joins.get_column(name).to_numpy() for name in ("agent", "branches", "session")
    )
    at, slack = joins.get_column("at_ns").to_numpy(), joins.get_column("slack_ns").fill_null(0).to_numpy()
    waits = np.flatnonzero((agent == 0) & (branches > 1) & (slack > 0))
    waits = waits[within_groups(session[waits], at[waits])]
    begin = at - slack
    waits = waits[within_groups(session[waits], begin[waits])]
    session, at, begin = session[waits], at[waits], begin[waits]
    seen = running_max(session, at)
    later = np.flatnonzero(~run_starts(session))
    begin[later] = np.maximum(begin[later], seen[later - 1])
    return sums(np.maximum(at - begin, 0), session, count)
