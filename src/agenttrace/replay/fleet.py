"""Replicas behind a router, as the servers of a simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NULL, Ints
from agenttrace.replay.blocks import BlockPool
from agenttrace.replay.choices import Routing
from agenttrace.replay.itinerary import Itinerary
from agenttrace.replay.jobs import Job
from agenttrace.replay.replica import Limits, Replica
from agenttrace.replay.routing import Router, make_router
from agenttrace.replay.simulation import Simulation
from agenttrace.replay.steps import StepTimes
from agenttrace.replay.workload import Workload


@dataclass(frozen=True, slots=True)
class Deployment:
    """What serves: replicas alike.

    `kv_blocks`: of each; None: as many as are needed. `overhead_ns`: of each request before it gets to a replica.
    `keep_ns`: how long unused prefixes are kept.
    """

    times: StepTimes
    replicas: int
    limits: Limits
    kv_blocks: int | None = None
    overhead_ns: int = 0
    routing: Routing = Routing.AFFINITY
    keep_ns: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What requests ask for, as lists: tokens of prompt and answer, cached ones where no blocks are known, priority."""

    prompt: list[int]
    answer: list[int]
    told_hit: list[int]
    priority: list[int]
    paths: Sequence[Sequence[int]]
    path_blocks: list[int]
    lengths: Sequence[int]


def demand_of(workload: Workload) -> Demand:
    """Unknown tokens count as none: such a request still takes a step."""
    requests, prefixes = workload.requests, workload.prompts.prefixes
    lengths = prefixes.lengths
    return Demand(
        prompt=_known(requests.input_tokens, 1).tolist(),
        answer=_known(requests.output_tokens, 1).tolist(),
        told_hit=_known(requests.cached_tokens, 0).tolist(),
        priority=(-requests.priority).tolist(),
        paths=prefixes.paths,
        path_blocks=[sum(lengths[segment] for segment in path) for path in prefixes.paths],
        lengths=lengths,
    )


def _known(values: Ints, least: int) -> Ints:
    return np.where(values == NULL, least, np.maximum(values, least))


@dataclass(frozen=True, slots=True)
class Factors:
    """Of each request by what factor its prefill (`effort`) and its decode (`stretch`) take longer than modelled."""

    effort: list[float]
    stretch: list[float]


class Fleet:
    """The servers. `router`: another one than the deployment's."""

    def __init__(
        self,
        simulation: Simulation,
        itinerary: Itinerary,
        demand: Demand,
        deployment: Deployment,
        factors: Factors | None = None,
        router: Router | None = None,
    ) -> None:
        self._simulation, self._itinerary, self._demand = simulation, itinerary, demand
        self._deployment, self._factors = deployment, factors
        self._router = router or make_router(deployment.routing, deployment.limits.block_tokens)
        self.replicas = [
            Replica(
                deployment.times,
                deployment.limits,
                BlockPool(demand.lengths, deployment.kv_blocks, deployment.keep_ns),
                self,
            )
            for _ in range(deployment.replicas)
        ]
        self._chosen: dict[int, int] = {}

    def take(self, row: int, now: int) -> tuple[int, int, int] | None:
        """A request reaches the router, and after the overhead its replica: both are taken as one instant."""
        job = self._job(row)
        place = self._router(self.replicas, job, now) if len(self.replicas) > 1 else 0
        self._simulation.book.replica[row] = place
        for point, offset, _ in self._itinerary.hangs[row]:
            if offset <= 0:
                self._simulation.reach(point, self._simulation.book.sent[row])
        due = self.replicas[place].submit(job, now)
        return None if due is None else (place, self.replicas[place].version, due)

    def wake(self, server: int, version: int, now: int) -> tuple[int, int, int] | None:
        """Its steps are over."""
        replica = self.replicas[server]
        if version != replica.version:
            return None
        due = replica.wake(now)
        return None if due is None else (server, replica.version, due)

    def _job(self, row: int) -> Job:
        demand = self._demand
        steps = demand.answer[row] - 1
        effort = 1.0
        if self._factors is not None:
            effort = self._factors.effort[row]
            steps = max(round(steps * self._factors.stretch[row]), min(steps, 1))
        job = Job(row, demand.prompt[row], steps, demand.paths[row], demand.path_blocks[row])
        job.told_hit, job.priority, job.effort = demand.told_hit[row], demand.priority[row], effort
        job.stops = [
            (round(share * steps), stop)
            for stop, (_, offset, share) in enumerate(self._itinerary.hangs[row])
            if offset > 0 and 0 < share < 1 and round(share * steps) > 0
        ]
        return job

    def admitted(self, job: Job, now: int) -> None:
        """Its prefill begins."""
        self._simulation.book.admitted[job.row] = now
        self._simulation.book.hit_tokens[job.row] = job.hit_tokens

    def first_token(self, job: Job, now: int) -> None:
        """What hung on the time before it is reached."""
        self._simulation.book.first[job.row] = now
        steps = job.steps
        for point, offset, share in self._itinerary.hangs[job.row]:
            if offset > 0 and share < 1 and (share <= 0 or round(share * steps) <= 0):
                self._simulation.reach(point, now)

    def passed(self, job: Job, stop: int, now: int) -> None:
        """So much of the answer is written."""
        self._simulation.reach(self._itinerary.hangs[job.row][stop][0], now)

    def finished(self, job: Job, now: int) -> None:
        """The last token is out."""
        self._simulation.book.done[job.row] = now
        for point, offset, share in self._itinerary.hangs[job.row]:
            if offset > 0 and share >= 1:
                self._simulation.reach(point, now)
