"""How many requests and tool calls ran at once, and for how long."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.critical_path.arrays import Ints, order_by, run_starts, within_groups
from agenttrace.critical_path.measures.chunk import Chunk
from agenttrace.model.vocabulary import SpanKind

_CALLS = (SpanKind.REQUEST, SpanKind.TOOL)


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
    last = np.flatnonzero(run_starts(group))[1:] - 1
    until[last] = at[last]
    some = np.flatnonzero(running > 0)
    some = some[within_groups(group[some], running[some])]
    first = np.flatnonzero(run_starts(group[some], running[some]))
    length = np.add.reduceat((until - at)[some], first) if len(first) else first
    return pl.DataFrame({"session": group[some[first]], "running": running[some[first]], "length_ns": length})


def _leaves(chunk: Chunk) -> tuple[Ints, Ints, Ints]:
    """Session, start and end of every call that lasts, and has no other one inside."""
    spans, forest = chunk.graph.spans, chunk.graph.forest
    counted = np.ones(len(spans), np.bool_)
    counted[chunk.agents.get_column("spawn_row").drop_nulls().to_numpy()] = False
    holds = np.zeros(len(spans), np.bool_)
    calls = spans.is_kind(*_CALLS)
    holds[forest.parent[counted & (calls | spans.is_kind(SpanKind.AGENT))]] = True
    leaf = np.flatnonzero(counted & calls & ~holds & (forest.end > forest.start))
    return spans.session[leaf], forest.start[leaf], forest.end[leaf]


def most_at_once(levels: pl.DataFrame) -> pl.DataFrame:
    """Session and `max_parallel`, for sessions in which anything ran."""
    return levels.group_by("session").agg(max_parallel=pl.col("running").max())
