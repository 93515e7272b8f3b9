"""What is not told of how many sessions ran at once: then it is laid down by whoever replays them."""

from __future__ import annotations

import numpy as np

from agenttrace.model.trace import Trace
from agenttrace.replay.caution import Caution
from agenttrace.replay.choices import Load
from agenttrace.replay.load import recorded_lanes
from agenttrace.replay.workload import Workload

_NO_CLOCK = 10**17
"""Instants before 1973 count from the session's own beginning, and not by a clock."""


def recorded_at_once(workload: Workload) -> int:
    """How many sessions ran at once when they were recorded; 0 where they do not say."""
    if not workload.timed or _say_no_arrival(workload):
        return 0
    return recorded_lanes(workload.start, workload.wall)


def _say_no_arrival(workload: Workload) -> bool:
    start = workload.start
    return len(start) > 1 and bool(((start == start[0]) & (start < _NO_CLOCK)).all())


def concurrency_cautions(workload: Workload, load: Load, lanes: int | None) -> list[Caution]:
    """`lanes`: as they were asked for."""
    count, no_arrival = len(workload.names), _say_no_arrival(workload)
    if count < 2 or load is Load.ISOLATED or (load is Load.CLOSED and lanes is not None):
        return []
    if load is Load.RECORDED:
        said = "the sessions do not say when they came: all begin at once; in a closed load --lanes N says how many"
        return [Caution("concurrency_unknown", "warning", count, said)] if no_arrival else []
    if recorded_at_once(workload):
        return []
    taken = recorded_lanes(workload.start, workload.wall)
    why = (
        "the sessions do not say when they came, and all are taken to come at once"
        if no_arrival
        else "the sessions do not say how long they took, and a second is taken for each request"
    )
    said = f"how many ran at once is not recorded: {why}, which makes {taken} of {count}; --lanes N says how many"
    return [Caution("concurrency_unknown", "warning", count, said)]


def left_out(trace: Trace) -> list[Caution]:
    """Sessions without times among others that have them: these are not replayed."""
    timed = trace.sessions.column("timed").to_numpy(zero_copy_only=False)
    count = int(np.count_nonzero(~timed.astype(bool)))
    if not count or count == len(timed):
        return []
    said = f"{count} of {len(timed)} sessions state no times and are left out: replay them alone"
    return [Caution("workload_left_out", "warning", count, said)]
