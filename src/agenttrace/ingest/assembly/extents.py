"""How far containers and sessions reach, once everything in them is known."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.columns import HIGHEST, are, extents
from agenttrace.ingest.assembly.frames import put
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.lookup import NONE, Rows


def stretch_containers(held: Held) -> pl.DataFrame:
    """Spans without an end of their own reach to the last end inside them."""
    open_end = held.spans.get_column("open_end").to_numpy()
    if not open_end.any():
        return held.spans
    ends = held.spans.get_column("end_ns").to_numpy()
    inner = held.parents != NONE
    while True:
        reach = ends.copy()
        np.maximum.at(reach, held.parents[inner], ends[inner])
        grown = np.where(open_end, reach, ends)
        if np.array_equal(grown, ends):
            break
        ends = grown
    return put(held.spans, pl.Series("end_ns", ends))


def bound_sessions(held: Held) -> tuple[pl.DataFrame, Rows]:
    """Sessions and made lane spans get their bounds; second result: the detached time of each session, by sid.

    A session ends with the last event of its main agent: a result that somebody used was used by then.
    Where the main agent is in no source, it ends with the last of what is there.
    """
    spans, lane = held.spans, held.lane
    sid, start, end = (spans.get_column(name).to_numpy() for name in ("sid", "start_ns", "end_ns"))
    real = np.flatnonzero(spans.get_column("origin").to_numpy() != NONE)
    main = real[held.lanes.get_column("main").to_numpy()[lane[real]]]
    sessions = int(sid.max()) + 1
    low, last = extents(sid, start, end, real, sessions)
    high = extents(sid, start, end, main, sessions)[1]
    high = np.where(high == -HIGHEST, last, high)
    lane_low, lane_high = extents(lane, start, end, real, held.lanes.height)
    session = are(spans, "kind", "session")
    made = np.ones(spans.height, np.bool_)
    made[real] = False
    made &= ~session
    empty = made & (lane_low == HIGHEST)[lane]
    first = np.where(empty, low[sid], np.where(made, lane_low[lane], low[sid]))
    reach = np.where(empty, low[sid], np.where(made, lane_high[lane], high[sid]))
    starts = np.where(session | made, first, start)
    ends = np.where(session | made, reach, end)
    if empty.any():  # lanes of which nothing is told but their spawn are of no length there
        starts = np.where(empty & (held.parents != NONE), starts[held.parents], starts)
        ends = np.where(empty, starts, ends)
    bounded = put(spans, pl.Series("start_ns", starts), pl.Series("end_ns", ends))
    return bounded, np.maximum(last - high, 0)
