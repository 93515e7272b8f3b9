"""The backward pass: how much later every event could have been without making its session longer.

Floats are found in each capsule on its own (capsules.py), as far as its end; to that comes what the end itself
could have been later. What is waited for by nothing that leads to the end could be later FOREVER.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import Ints, summed_up
from agenttrace.critical_path.schedule import Schedule
from agenttrace.native.passes import backward

FOREVER = 1 << 61


@dataclass(frozen=True, slots=True, eq=False)
class Floats:
    """By how much things could have been later, all as recorded.

    `target`: of each edge of the schedule the event it leads to. `spare`: how long before the last source of
    its target the source of an edge was over. `event`: of every event as far as the end of its capsule; at 0,
    nothing that counts. `capsule`: of the end of every span that is a capsule, as far as the session's.
    """

    schedule: Schedule
    target: Ints
    spare: Ints
    event: Ints
    capsule: Ints

    @property
    def edge(self) -> Ints:
        """How long longer the way over each edge could have been, within its capsule."""
        return np.minimum(self.spare + self.event[self.target], FOREVER)

    def slack(self) -> Ints:
        """Of the end of every span."""
        schedule = self.schedule
        n, inside = schedule.graph.nodes.n, schedule.capsules.inside
        of_end = self.event[schedule.at[n : 2 * n]] + self.capsule[inside]
        return np.where(schedule.capsules.closed, self.capsule, np.minimum(of_end, FOREVER))


def find_floats(schedule: Schedule) -> Floats:
    """The floats of a chunk."""
    spare, target = _spare_time(schedule)
    event = np.full(len(schedule), FOREVER, np.int64)
    event[schedule.takes[schedule.takes > 0]] = 0
    sessions = schedule.graph.nodes.n + schedule.graph.spans.first
    event[schedule.at[sessions]] = 0
    _back(schedule, target, spare, event)
    of_start = event[schedule.at[: schedule.graph.nodes.n]]
    of_start[schedule.graph.spans.first] = 0
    return Floats(schedule, target, spare, event, summed_up(of_start, schedule.capsules.around, FOREVER))


def finished(schedule: Schedule) -> Ints:
    """When every event was over; a capsule with its end. At 0 nothing that counts."""
    graph = schedule.graph
    nodes, n = graph.nodes, graph.nodes.n
    over = np.concatenate([nodes.t, nodes.t[graph.blocks.node[schedule.network.gathered]]])
    over[:n] = np.where(schedule.capsules.closed, nodes.t[n : 2 * n], nodes.t[:n])
    return np.append(over, 0)[schedule.node]


def _spare_time(schedule: Schedule) -> tuple[Ints, Ints]:
    """Of each edge how long its source waited for others, and the event it leads to."""
    events = np.arange(1, len(schedule))
    width = np.diff(schedule.first[1:])
    target = np.repeat(events, width)
    over = finished(schedule)[schedule.source]
    begins = schedule.source == 0
    over[begins] = schedule.graph.forest.start[schedule.capsule[target[begins]]]
    last = np.maximum.reduceat(over, schedule.first[1:-1]) if len(over) else over
    return np.repeat(last, width) - over, target


def _back(schedule: Schedule, target: Ints, spare: Ints, event: Ints) -> None:
    first, source = schedule.first, schedule.source
    if backward(first, source, spare, event):
        return
    views = first.data, source.data, spare.data, event.data
    for low, high, at_once in reversed(schedule.stages):
        if at_once:
            edges = slice(first[low], first[high])
            later = spare[edges] + event[target[edges]]
            np.minimum.at(event, source[edges], np.minimum(later, FOREVER))
        else:
            _back_one_by_one(low, high, views)


def _back_one_by_one(low: int, high: int, views: tuple[memoryview, ...]) -> None:
    first, source, spare, event = views
    for at in range(high - 1, low - 1, -1):
        own = event[at]
        for edge in range(first[at], first[at + 1]):
            later = own + spare[edge]
            event[source[edge]] = min(event[source[edge]], later)
