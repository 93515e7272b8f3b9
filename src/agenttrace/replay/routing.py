"""Which replica a request goes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from agenttrace.replay.choices import Routing
from agenttrace.replay.jobs import Job
from agenttrace.replay.replica import Replica

Router: TypeAlias = Callable[[Sequence[Replica], Job, int], int]
"""Takes the replicas, a job and the time; returns a place among the replicas."""


def make_router(routing: Routing, block_tokens: int) -> Router:
    """A router with a memory of its own."""
    if routing is Routing.AFFINITY:
        return _Affinity(block_tokens)
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


class _Affinity:
    """Least of: blocks that would have to be computed, and blocks that are being worked on there already."""

    def __init__(self, block_tokens: int) -> None:
        self._block_tokens = block_tokens

    def __call__(self, replicas: Sequence[Replica], job: Job, now: int) -> int:
        whole = -(-job.prompt_tokens // self._block_tokens)
        best, least = 0, None
        for place, replica in enumerate(replicas):
            cost = (whole - replica.pool.match(job.path, now) + replica.load_blocks, replica.jobs)
            if least is None or cost < least:
                best, least = place, cost
        return best
