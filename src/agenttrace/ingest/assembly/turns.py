"""Turns: an agent's requests of purpose turn, counted from 1, each with what it set off."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.columns import are
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.ingest.assembly.ordering import order_of

_COUNTED = ("request", "tool", "compaction", "user_wait", "other")


def number_turns(spans: pl.DataFrame, lane: NDArray[np.int64]) -> NDArray[np.int32]:
    """The turn of each span: of tools the last request that had started, of a failed attempt its retry's.

    NONE for containers, and for what precedes the first request of its lane.
    """
    request = are(spans, "kind", "request")
    is_turn = request & are(spans, "purpose", "turn")
    start, end = (spans.get_column(name).to_numpy() for name in ("start_ns", "end_ns"))
    order = order_of(lane, start, ~is_turn, end)
    turn = np.empty(spans.height, np.int64)
    turn[order] = _running_count(is_turn[order], lane[order])
    turn += request & are(spans, "purpose", "failed_attempt")
    known = are(spans, "kind", *_COUNTED) & (turn > 0)
    return np.where(known, turn, NONE).astype(np.int32)


def _running_count(counted: NDArray[np.bool_], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many have been counted in the group so far, the row itself too; groups stand together."""
    total: NDArray[np.int64] = np.cumsum(counted, dtype=np.int64)
    if not len(total):
        return np.zeros(0, np.int64)
    first = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    before: NDArray[np.int64] = total[first] - counted[first]
    running: NDArray[np.int64] = total - np.repeat(before, np.diff(np.append(first, len(group))))
    return running
