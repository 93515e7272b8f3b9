"""How many requests and tool calls ran at once, and for how long."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.critical_path.arrays import Ints, order_by, run_starts
from agenttrace.critical_path.measures.chunk import Chunk
from agenttrace.critical_path.spans import KIND
from agenttrace.model.vocabulary import SpanKind

_CALLS = (KIND[SpanKind.REQUEST], KIND[SpanKind.TOOL])


def running_levels(chunk: Chunk) -> pl.DataFrame:
    """For how long how many requests and tool calls ran at once: session, running, length_ns, in that order.

    Those with others inside do not count beside them. What is `running` for an instant only has length 0.
    """
    session, start, end = _leaves(chunk)
    group, at = np.tile(session, 2), np.concatenate([start, end])
    begins = np.repeat(np.array([1, 0]), len(session))  # within an instant, ends come first
    order, _ = order_by(group, at, begins)
    group, at = group[order], at[order]
    running = np.cumsum(2 * begins[order] - 1)
    until = np.append(at[1:], at[-1:])
    until[np.flatnonzero(run_starts(group))[1:] - 1] = at[np.flatnonzero(run_starts(group))[1:] - 1]
    steps = pl.DataFrame({"session": group, "running": running, "length_ns": until - at})
    levels = steps.filter(pl.col("running") > 0).group_by("session", "running")
    return levels.agg(pl.col("length_ns").sum()).sort("session", "running")


def _leaves(chunk: Chunk) -> tuple[Ints, Ints, Ints]:
    """Session, start and end of every call that lasts, and has no other one inside."""
    spans = chunk.spans
    kind, parent = (
        spans.get_column("kind").to_physical().to_numpy(),
        spans.get_column("parent_row").to_numpy(),
    )
    start, end = spans.get_column("graph_start").to_numpy(), spans.get_column("graph_end").to_numpy()
    counted = np.ones(len(kind), np.bool_)
    counted[chunk.agents.get_column("spawn_row").drop_nulls().to_numpy()] = False
    holds = np.zeros(len(kind), np.bool_)
    holds[parent[counted & np.isin(kind, (*_CALLS, KIND[SpanKind.AGENT]))]] = True
    leaf = np.flatnonzero(counted & np.isin(kind, _CALLS) & ~holds & (end > start))
    return spans.get_column("session").to_numpy()[leaf], start[leaf], end[leaf]


def most_at_once(levels: pl.DataFrame) -> pl.DataFrame:
    """Session and `max_parallel`, for sessions in which anything ran."""
    return levels.group_by("session").agg(max_parallel=pl.col("running").max())
