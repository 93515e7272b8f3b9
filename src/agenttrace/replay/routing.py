"""Which replica a request goes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

from agenttrace.replay.blocks import BlockPool
from agenttrace.replay.choices import Routing
from agenttrace.replay.jobs import Job
from agenttrace.replay.replica import Replica

Router: TypeAlias = Callable[[Sequence[Replica], Job, int], int]
"""Takes the replicas, a job and the time; returns a place among the replicas."""


def make_router(routing: Routing) -> Router:
    """The router, with a memory of its own where it needs one."""
    if routing is Routing.AFFINITY:
        return _of_most_cached
    if routing is Routing.ROUND_ROBIN:
        return _RoundRobin()
    return _least_loaded


def _least_loaded(replicas: Sequence[Replica], _job: Job, _now: int) -> int:
    return min(range(len(replicas)), key=lambda place: (replicas[place].jobs, place))


class _RoundRobin:
    """One after the other."""

    def __init__(self) -> None:
        self._next = 0

    def __call__(self, replicas: Sequence[Replica], _job: Job, _now: int) -> int:
        chosen = self._next % len(replicas)
        self._next += 1
        return chosen


def _of_most_cached(replicas: Sequence[Replica], job: Job, now: int) -> int:
    """Least of: blocks that would have to be computed, and blocks that are being worked on there already."""
    costs = [replica.load_blocks for replica in replicas]
    if replicas[0].pool.forgets:
        for replica in replicas:
            replica.pool.expire(now)
    _take_off_cached(costs, job.path, replicas[0].pool)
    least = min(costs)
    if costs.count(least) == 1:
        return costs.index(least)
    return min(
        (place for place, cost in enumerate(costs) if cost == least),
        key=lambda place: (replicas[place].jobs, place),
    )


def _take_off_cached(costs: list[int], path: Sequence[int], pool: BlockPool) -> None:
    """Leading blocks of a prompt that a replica has are not computed there; only differences of costs matter."""
    where, lengths = pool.whereabouts, pool.lengths
    everywhere = there = (1 << len(costs)) - 1
    half = len(costs) // 2
    for segment in path:
        if segment in where.part:
            for place, blocks in where.part[segment].items():
                costs[place] -= blocks if there >> place & 1 else 0
        there &= where.whole.get(segment, 0)
        if not there:
            return
        if there.bit_count() <= half:
            for place in _places(there):
                costs[place] -= lengths[segment]
        else:
            for place in _places(everywhere & ~there):
                costs[place] += lengths[segment]


@lru_cache(maxsize=1 << 16)
def _places(bits: int) -> tuple[int, ...]:
    return tuple(place for place in range(bits.bit_length()) if bits >> place & 1)
