"""How far containers and sessions reach, once everything in them is known."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.lookup import NONE


def stretch_containers(held: Held) -> pl.DataFrame:
    """Spans without an end of their own reach to the last end inside them."""
    ends = held.spans.get_column("end_ns").to_numpy().copy()
    open_end = held.spans.get_column("open_end").to_numpy()
    if open_end.any():
        inner = held.parents != NONE
        while True:
            reach = ends.copy()
            np.maximum.at(reach, held.parents[inner], ends[inner])
            grown = np.where(open_end, reach, ends)
            if np.array_equal(grown, ends):
                break
            ends = grown
    return held.spans.with_columns(end_ns=pl.Series(ends))


def bound_sessions(held: Held) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Sessions and made lane spans get their bounds; second result: sid, detached_ns.

    A session ends with the last event of its main agent: a result that somebody used was used by then.
    Where the main agent is in no source, it ends with the last of what is there.
    """
    lanes, spans = held.lanes, held.spans
    main = lanes.get_column("main").to_numpy()[held.lane]
    real = spans.get_column("origin").to_numpy() != NONE
    facts = spans.select("sid", "start_ns", "end_ns", row=pl.int_range(pl.len())).with_columns(
        main=pl.Series(main), real=pl.Series(real), lane_no=pl.Series(held.lane)
    )
    work = facts.filter("real")
    ends = work.group_by("sid").agg(
        low=pl.col("start_ns").min(),
        last=pl.col("end_ns").max(),
        high=pl.coalesce(pl.col("end_ns").filter("main").max(), pl.col("end_ns").max()),
    )
    bounds = facts.join(ends, on="sid", how="left", maintain_order="left")
    per_lane = work.group_by("lane_no").agg(
        lane_low=pl.col("start_ns").min(), lane_high=pl.col("end_ns").max()
    )
    bounds = bounds.join(per_lane, on="lane_no", how="left", maintain_order="left")
    session = spans.get_column("kind") == "session"
    made = pl.Series(~real) & ~session
    low = pl.when(session).then("low").when(made).then(pl.coalesce("lane_low", "low"))
    high = pl.when(session).then("high").when(made).then(pl.coalesce("lane_high", "low"))
    bounds = bounds.with_columns(
        start_ns=low.otherwise("start_ns").fill_null(0), end_ns=high.otherwise("end_ns").fill_null(0)
    )
    detached = ends.select("sid", detached_ns=(pl.col("last") - pl.col("high")).clip(0))
    bounded = spans.with_columns(bounds.get_column("start_ns"), bounds.get_column("end_ns"))
    empty = (pl.Series(~real) & ~session & bounds.get_column("lane_low").is_null()).to_numpy()
    return _where_they_were_spawned(bounded, held, empty), detached


def _where_they_were_spawned(spans: pl.DataFrame, held: Held, empty: NDArray[np.bool_]) -> pl.DataFrame:
    """Lanes of which nothing is told but their spawn are of no length there."""
    if not empty.any():
        return spans
    starts = spans.get_column("start_ns").to_numpy()
    spawned = np.where(empty & (held.parents != NONE), starts[np.maximum(held.parents, 0)], starts)
    ends = np.where(empty, spawned, spans.get_column("end_ns").to_numpy())
    return spans.with_columns(start_ns=pl.Series(spawned), end_ns=pl.Series(ends))
