"""How many requests and tool calls ran at once."""

from __future__ import annotations

import numpy as np

from agenttrace.critical_path.arrays import Ints, order_by, run_starts
from agenttrace.critical_path.measures.chunk import Chunk
from agenttrace.critical_path.spans import KIND
from agenttrace.model.vocabulary import SpanKind

_CALLS = (KIND[SpanKind.REQUEST], KIND[SpanKind.TOOL])


def most_at_once(chunk: Chunk) -> Ints:
    """Of each session the largest number of requests and tool calls, without any of these inside, at once."""
    spans = chunk.spans
    kind, parent = (
        spans.get_column("kind").to_physical().to_numpy(),
        spans.get_column("parent_row").to_numpy(),
    )
    start, end = spans.get_column("graph_start").to_numpy(), spans.get_column("graph_end").to_numpy()
    session = spans.get_column("session").to_numpy()
    counted = np.ones(len(kind), np.bool_)
    counted[chunk.agents.get_column("spawn_row").drop_nulls().to_numpy()] = False
    holds = np.zeros(len(kind), np.bool_)
    holds[parent[counted & np.isin(kind, (*_CALLS, KIND[SpanKind.AGENT]))]] = True
    leaf = np.flatnonzero(counted & np.isin(kind, _CALLS) & ~holds & (end > start))
    most = np.zeros(len(chunk.names), np.int64)
    if not len(leaf):
        return most
    group = np.tile(session[leaf], 2)
    begins = np.repeat(np.array([1, 0]), len(leaf))  # within an instant, ends come first
    order, _ = order_by(group, np.concatenate([start[leaf], end[leaf]]), begins)
    running = np.cumsum(2 * begins[order] - 1)
    first = np.flatnonzero(run_starts(group[order]))
    most[group[order[first]]] = np.maximum.reduceat(running, first)
    return most
