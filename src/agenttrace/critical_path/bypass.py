"""How much shorter a way round each event of a critical path is: what its session's length cannot fall below.

The events of a capsule stand in an order in which each comes after all that it waits for. Every way that avoids
an event has an edge that leads past it in that order, and the longest way over an edge is known (floats.py).
So the way round an event is the least float of the edges that lead past it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Bools, Ints, run_starts, running_last, sorting
from agenttrace.critical_path.floats import FOREVER, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """The events of critical capsules, capsule after capsule: `event`, and `place` of each event, NONE for others.

    `capsule` of each event, by place, and whether it is its end (`ends`).
    `low` and `high`: between which places each edge leads, where its source is the start of the capsule the one
    before its first; `float_ns`: how much longer the way over it could have been. It is less than FOREVER.
    """

    event: Ints
    place: Ints
    capsule: Ints
    ends: Bools
    low: Ints
    high: Ints
    float_ns: Ints


def order_events(floats: Floats, chosen: Bools) -> Order:
    """The order of the events that are chosen, which are all of some capsules."""
    schedule = floats.schedule
    event = np.flatnonzero(chosen)
    event = event[sorting(schedule.capsule[event])]
    place = np.full(len(schedule), NONE, np.int64)
    place[event] = np.arange(len(event))
    capsule = schedule.capsule[event]
    first = running_last(run_starts(capsule))
    float_ns = floats.edge
    edge = np.flatnonzero(chosen[floats.target] & (float_ns < FOREVER))
    high = place[floats.target[edge]]
    source = schedule.source[edge]
    low = np.where(source == 0, first[high] - 1, place[source])
    ends = schedule.node[event] == schedule.graph.nodes.n + capsule
    return Order(event, place, capsule, ends, low, high, float_ns[edge])


def ways_round(order: Order) -> Ints:
    """Of each event in order the least float of the edges that lead past it; FOREVER where none does."""
    return least_over(order.low + 1, order.high, order.float_ns, len(order.event))


def least_over(low: Ints, high: Ints, value: Ints, size: int) -> Ints:
    """For each place the least value of the stretches, from `low` to before `high`, that cover it."""
    width = high - low
    some = np.flatnonzero(width > 0)
    low, high, value, width = low[some], high[some], value[some], width[some]
    least = np.full(size, FOREVER, np.int64)
    power = np.frexp(width)[1] - 1
    by_power = sorting(power)
    bounds = np.searchsorted(power[by_power], np.arange(int(power.max(initial=0)) + 2))
    for step in range(len(bounds) - 2, -1, -1):
        # `least` holds what covers the next 2 * 2**step places; each half is covered by as much.
        if step < len(bounds) - 2:
            half = least.copy()
            half[1 << step :] = np.minimum(half[1 << step :], least[: -(1 << step)])
            least = half
        at = by_power[bounds[step] : bounds[step + 1]]
        np.minimum.at(least, low[at], value[at])
        np.minimum.at(least, high[at] - (1 << step), value[at])
    return least
