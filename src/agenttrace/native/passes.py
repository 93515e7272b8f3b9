"""Passes over the events of a schedule in C, each event after all that it waits for.

They say whether there is a kernel. Event 0 stands for a start. `first` and `source` are the edges to each, as in
`critical_path/schedule.py`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agenttrace.native.calling import Ints, kernel, whole


def forward(first: Ints, source: Ints, takes: Ints, gap: Ints, time: NDArray[np.int64]) -> bool:
    """When each event is over, into `time`, of which the start's is there.

    That is the latest of its sources, and its gap, and what it takes. `gap` and `time` may have a column for each of
    many passes.
    """
    many = time.ndim > 1
    call = kernel("forward_many" if many else "forward")
    if call is None:
        return False
    passes = (time.shape[1], time) if many else (time,)
    call(len(time), whole(first), whole(source), whole(takes), whole(gap), *passes)
    return True


def backward(first: Ints, source: Ints, spare: Ints, later: Ints) -> bool:
    """How much later each event could have been, into `later`, which says what is known of itself."""
    call = kernel("backward")
    if call is None:
        return False
    call(len(later), whole(first), whole(source), whole(spare), later)
    return True


def cheapest(first: Ints, source: Ints, spare: Ints, extra: Ints, forever: int, cost: Ints) -> bool:
    """The least that a way to each event costs, into `cost`; `extra` is of each from 1 on."""
    call = kernel("cheapest")
    if call is None:
        return False
    call(len(cost), whole(first), whole(source), whole(spare), whole(extra), forever, cost)
    return True
