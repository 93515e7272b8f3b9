"""When sessions begin: each with the next free lane, or as recorded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import Ints
from agenttrace.replay.choices import Load

_LAST = 100


@dataclass(frozen=True, slots=True)
class Arrivals:
    """`order`: the sessions in the order in which they begin. `at`: of each in that order the earliest instant, ns.

    `lanes`: how many run at once; 0 for no limit.
    """

    order: list[int]
    at: list[int]
    lanes: int


def recorded_lanes(start: Ints, wall: Ints) -> int:
    """How many sessions ran at once, at most. Those that begin where another ends do not overlap it.

    Nor do those that begin in its last hundredth: its server may be done a little after its client began the next.
    """
    t = np.concatenate([start, start + wall - wall // _LAST])
    step = np.repeat([1, -1], len(start))
    order = np.lexsort((step, t))
    return int(np.cumsum(step[order]).max(initial=1))


def arrivals(start: Ints, wall: Ints, load: Load, lanes: int) -> Arrivals:
    """The arrivals of a load. In a closed load the first sessions come as far apart as they were recorded."""
    order = np.argsort(start, kind="stable")
    offset = start[order] - start.min() if len(start) else start
    if load is not Load.CLOSED:
        return Arrivals(order.tolist(), offset.tolist(), 0)
    seen = min(recorded_lanes(start, wall), len(order))
    apart = int(np.median(np.diff(offset[:seen]))) if seen > 1 else 0
    first = [
        int(offset[i]) if i < seen else int(offset[seen - 1]) + (i + 1 - seen) * apart
        for i in range(min(lanes, len(order)))
    ]
    return Arrivals(order.tolist(), first + [0] * (len(order) - len(first)), lanes)
