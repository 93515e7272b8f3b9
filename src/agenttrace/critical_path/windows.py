"""The cheapest way through an order of events in which some gaps are 0, for many sets of gaps at once.

Only what happens between the first and the last of a set's gaps is affected. Before them, the longest way to an
event costs nothing; beyond them, a way costs what the float of the edge is that leads there. Between them the
events are copied, for each set apart, and costs are passed on from event to event: the least over all edges.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Bools, Ints, expanded, run_starts, running_max, sorting
from agenttrace.critical_path.bypass import Order
from agenttrace.critical_path.floats import FOREVER, Floats
from agenttrace.critical_path.levels import Stage, stages
from agenttrace.native.passes import cheapest
from agenttrace.native.scans import least_past

_BATCH = 1 << 19
"""So many copies of events are made at once, or those of one set of gaps."""

_WORK = 64
"""So many copies are made for each event, and so many batches besides; sets beyond are left open."""


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Sets of gaps: of each gap its `case`, the `place` of its event, its length; sorted by case and place.

    `most`: of each case the sum of its critical gaps, which no answer exceeds.
    """

    case: Ints
    place: Ints
    gap: Ints
    most: Ints


def cheapest_ways(floats: Floats, order: Order, cases: Cases) -> Ints:
    """What the cheapest way costs in each case; NONE for cases beyond what work is worth while."""
    first = np.flatnonzero(run_starts(cases.case))
    low = cases.place[first]
    high = cases.place[np.append(first[1:], len(cases.case)) - 1]
    width = high - low + 1
    found = np.minimum(cases.most, _past(order, low, high, cases.most))
    by_width = sorting(width)
    done = np.cumsum(width[by_width])
    worth = int(np.searchsorted(done, _WORK * (len(order.event) + _BATCH), side="right"))
    found[by_width[worth:]] = NONE
    leaving = sorting(order.low + 1)
    search = _Search(floats, order, leaving, order.low[leaving], low, high)
    for some in _batches(by_width[:worth], done):
        chosen = np.zeros(len(low), np.bool_)
        chosen[some] = True
        at = chosen[cases.case]
        found[some] = np.minimum(
            found[some], search.costs(some, cases.case[at], cases.place[at], cases.gap[at])
        )
    return found


def _batches(case: Ints, done: Ints) -> Iterator[Ints]:
    at = 0
    while at < len(case):
        before = int(done[at - 1]) if at else 0
        upto = max(at + 1, int(np.searchsorted(done, before + _BATCH, side="right")))
        yield np.sort(case[at:upto])
        at = min(upto, len(case))


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """`leaving`: edges of the order by where they come from (`leaves`); `low`, `high`: the window of each case."""

    floats: Floats
    order: Order
    leaving: Ints
    leaves: Ints
    low: Ints
    high: Ints

    def costs(self, some: Ints, case: Ints, place: Ints, gap: Ints) -> Ints:
        """The cheapest way out of the window of each of `some` cases, with these gaps at 0."""
        low, high = self.low[some], self.high[some]
        width = high - low + 1
        offset = np.cumsum(width) - width
        copy_case, within = expanded(width)
        copy_place = low[copy_case] + within
        rank = self._ranks(copy_case, copy_place, offset)
        by_rank = sorting(rank)
        new = np.empty(len(rank), np.int64)
        new[by_rank] = 1 + np.arange(len(rank))
        extra = np.zeros(len(rank), np.int64)
        number = np.searchsorted(some, case)
        extra[offset[number] + place - low[number]] = gap
        where = copy_case[by_rank], copy_place[by_rank]
        cost = self._passed_on(where, (low, offset, new), extra[by_rank], rank[by_rank])
        return self._out(where, high, cost[1:])

    def _ranks(self, case: Ints, place: Ints, offset: Ints) -> Ints:
        """Levels counted within each window, so that all windows are gone through side by side."""
        level = self.floats.schedule.level[self.order.event[place]]
        step = np.cumsum(run_starts(case, level))
        return step - step[offset][case]

    def _passed_on(
        self, where: tuple[Ints, Ints], window: tuple[Ints, Ints, Ints], extra: Ints, rank: Ints
    ) -> Ints:
        """The cost of the way to each copy; at 0, to what is before the window."""
        case, place = where
        low, offset, new = window
        schedule = self.floats.schedule
        event = self.order.event[place]
        width = schedule.first[event + 1] - schedule.first[event]
        copy, edge = expanded(width)
        edge += schedule.first[event][copy]
        source = self.order.place[schedule.source[edge]]
        inside = source >= low[case[copy]]
        at = np.zeros(len(edge), np.int64)
        of = case[copy[inside]]
        at[inside] = new[offset[of] + source[inside] - low[of]]
        first = np.concatenate([[0], np.cumsum(width) - width, [len(edge)]])
        cost = np.zeros(len(event) + 1, np.int64)
        spare = self.floats.spare[edge]
        if not cheapest(first, at, spare, extra, FOREVER, cost):
            _propagate(stages(rank, int(rank.max(initial=-1)) + 1), (first, at, spare, extra, cost))
        return cost

    def _out(self, where: tuple[Ints, Ints], high: Ints, cost: Ints) -> Ints:
        """For each case the least of the costs of all ways out of its window, to the end of its capsule."""
        case, place = where
        out = np.full(len(high), FOREVER, np.int64)
        ends = self.order.ends[place]
        np.minimum.at(out, case[ends], cost[ends])
        first = np.searchsorted(self.leaves, place)
        copy, edge = expanded(np.searchsorted(self.leaves, place, side="right") - first)
        edge = self.leaving[edge + first[copy]]
        beyond = self.order.high[edge] > high[case[copy]]
        copy, edge = copy[beyond], edge[beyond]
        np.minimum.at(out, case[copy], cost[copy] + self.order.float_ns[edge])
        return out


def _propagate(all_stages: list[Stage], arrays: tuple[Ints, Ints, Ints, Ints, Ints]) -> None:
    """Costs of copies, from 1 on, level after level; a way that costs FOREVER stays so long."""
    first, source, spare, extra, cost = arrays
    views = tuple(array.data for array in arrays)
    for low, high, at_once in all_stages:
        if at_once:
            edges = slice(first[low + 1], first[high + 1])
            ways = cost[source[edges]] + spare[edges]
            least = np.minimum.reduceat(ways, first[low + 1 : high + 1] - edges.start)
            cost[low + 1 : high + 1] = np.minimum(least + extra[low:high], FOREVER)
        else:
            _propagate_one_by_one(low, high, views)


def _propagate_one_by_one(low: int, high: int, views: tuple[memoryview, ...]) -> None:
    first, source, spare, extra, cost = views
    edge = first[low + 1]
    for copy in range(low + 1, high + 1):
        end = first[copy + 1]
        least = FOREVER
        for other in range(edge, end):
            way = cost[source[other]] + spare[other]
            least = min(least, way)
        cost[copy] = min(least + extra[copy - 1], FOREVER)
        edge = end


def _worth_a_look(order: Order, low: Ints, high: Ints, most: Ints) -> Bools:
    """Edges that may lead past a window of their capsule and cost less than what that is worth."""
    size = len(order.capsule) and int(order.capsule.max()) + 1
    worth = np.zeros(size, np.int64)
    width = np.full(size, FOREVER, np.int64)
    capsule = order.capsule[low]
    np.maximum.at(worth, capsule, most)
    np.minimum.at(width, capsule, high - low)
    of_edge = order.capsule[order.high]
    return (order.float_ns < worth[of_edge]) & (order.high - order.low > width[of_edge] + 1)


def _past(order: Order, low: Ints, high: Ints, most: Ints) -> Ints:
    """For each window the least float of the edges that lead past it, `most` or more where none costs less."""
    least = most.copy()
    if least_past(order.low, order.high, order.float_ns, (low, high), least):
        return least
    useful = _worth_a_look(order, low, high, most)
    before, beyond, value = order.low[useful] + 1, order.high[useful], order.float_ns[useful]
    found = np.full(len(low), FOREVER, np.int64)
    size = len(order.event) + 1
    for bit in range(int(low.max()).bit_length() + 1):
        # Edges from before place `low`, shifted by 1 as -1 is one of these, are those of some blocks of 2**bit.
        ask = np.flatnonzero((low + 1 >> bit) & 1)
        if not len(ask) or not len(before):
            continue
        key = (before >> bit) * size + beyond
        by_key = sorting(key)
        block = (before >> bit)[by_key]
        rest = -running_max(block.max() - block[::-1], -value[by_key][::-1])[::-1]
        wanted = (low[ask] + 1 >> bit) - 1
        place = np.searchsorted(key[by_key], wanted * size + high[ask], side="right")
        there = np.minimum(place, len(block) - 1)
        fits = (place < len(block)) & (block[there] == wanted)
        found[ask[fits]] = np.minimum(found[ask[fits]], rest[there[fits]])
    return found
