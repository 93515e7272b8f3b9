"""Replicas behind a router, as the servers of a simulation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agenttrace.replay.blocks import BlockPool, Whereabouts
from agenttrace.replay.choices import Routing
from agenttrace.replay.demand import Demand
from agenttrace.replay.itinerary import Itinerary
from agenttrace.replay.jobs import Job
from agenttrace.replay.kept_times import Kept
from agenttrace.replay.replica import Below, Limits, Replica
from agenttrace.replay.routing import Router, make_router
from agenttrace.replay.simulation import Simulation
from agenttrace.replay.steps import StepTimes


@dataclass(frozen=True, slots=True)
class Deployment:
    """What serves: replicas alike.

    `kv_blocks`: of each; None: as many as are needed. `overhead_ns`: of each request before it gets to a replica.
    `keep_ns`: how long unused prefixes are kept; `release`: only to the end of the agent that they are of.
    `decode_replicas`: further ones that decode what the others prefill, 0: each does both; `transfer_ns`: for each
    token of cache from one to the other. `below`: the tier for what is evicted.
    """

    times: StepTimes
    replicas: int
    limits: Limits
    kv_blocks: int | None = None
    overhead_ns: int = 0
    routing: Routing = Routing.AFFINITY
    keep_ns: int | None = None
    release: bool = False
    decode_replicas: int = 0
    transfer_ns: float = 0.0
    below: Below | None = None


def in_blocks_of(deployment: Deployment, tokens: int) -> Deployment:
    """The same servers, which count in blocks of so many tokens, as the traces do; 0: as they do themselves."""
    own = deployment.limits.block_tokens
    if tokens in {0, own}:
        return deployment
    below, blocks = deployment.below, deployment.kv_blocks
    return replace(
        deployment,
        limits=replace(deployment.limits, block_tokens=tokens),
        kv_blocks=None if blocks is None else max(1, blocks * own // tokens),
        below=below and Below(below.blocks * own // tokens, below.latency_ns, below.block_ns * tokens / own),
    )


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
        self._router = router or make_router(deployment.routing)
        self.replicas = self._alike(deployment, deployment.replicas)
        self._left = demand.left if deployment.release else None
        self._decoders = self._alike(deployment, deployment.decode_replicas)

    def _alike(self, deployment: Deployment, count: int) -> list[Replica]:
        below, where = deployment.below, Whereabouts()
        pools = [
            BlockPool(
                self._demand.lengths,
                deployment.kv_blocks,
                deployment.keep_ns,
                below.blocks if below else 0,
                (where, number),
            )
            for number in range(count)
        ]
        return [Replica(deployment.times, deployment.limits, pool, self, below) for pool in pools]

    def take(self, row: int, now: int) -> tuple[int, int, int] | None:
        """A request reaches the router, and after the overhead its replica: both are taken as one instant."""
        job = self._job(row)
        if self._decoders:
            job.goes_on, job.steps, job.stops = True, 0, ()
        place = self._router(self.replicas, job, now) if len(self.replicas) > 1 else 0
        if self._demand.kept and (times := self._demand.kept[row]):
            self._pass_by(job, place, times, now)
            return None
        self._simulation.book.replica[row] = place
        for point, offset, _ in self._itinerary.hangs[row]:
            if offset <= 0:
                self._simulation.reach(point, self._simulation.book.sent[row])
        due = self.replicas[place].submit(job, now)
        return None if due is None else (place, self.replicas[place].version, due)

    def _pass_by(self, job: Job, place: int, times: Kept, now: int) -> None:
        """A request that keeps its times: all that follows is known at once. What it leaves in the cache is there."""
        book, row, pool = self._simulation.book, job.row, self.replicas[place].pool
        sent = book.sent[row]
        book.admitted[row], book.first[row], book.done[row] = sent, sent + times[0], sent + times[1]
        book.hit_tokens[row] = job.told_hit
        if pool.fits(job.path, 0, job.path_blocks):
            pool.pin(job.path, 0)
            pool.release(job.path, 0, now)
        self._drop_left(row)
        for point, offset, _ in self._itinerary.hangs[row]:
            self._simulation.reach(point, sent + offset)

    def wake(self, server: int, version: int, now: int) -> tuple[int, int, int] | None:
        """Its steps are over."""
        replica = [*self.replicas, *self._decoders][server] if self._decoders else self.replicas[server]
        if version != replica.version:
            return None
        due = replica.wake(now)
        return None if due is None else (server, replica.version, due)

    def receive(self, row: int, now: int) -> tuple[int, int, int] | None:
        """The cache of a prompt is at the replica that decodes it: the least loaded one."""
        job = self._job(row)
        job.arrived = job.answered = True
        self._answered(row, job.steps, now)
        if job.steps <= 0:
            self._done(row, now)
            return None
        place = min(range(len(self._decoders)), key=lambda one: (self._decoders[one].jobs, one))
        due = self._decoders[place].submit(job, now)
        return None if due is None else (len(self.replicas) + place, self._decoders[place].version, due)

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
        if not job.goes_on:
            self._answered(job.row, job.steps, now)

    def _answered(self, row: int, steps: int, now: int) -> None:
        self._simulation.book.first[row] = now
        for point, offset, share in self._itinerary.hangs[row]:
            if offset > 0 and share < 1 and (share <= 0 or round(share * steps) <= 0):
                self._simulation.reach(point, now)

    def passed(self, job: Job, stop: int, now: int) -> None:
        """So much of the answer is written."""
        self._simulation.reach(self._itinerary.hangs[job.row][stop][0], now)

    def finished(self, job: Job, now: int) -> None:
        """The last token is out; or the prompt is prefilled, and its cache goes to where it is decoded."""
        if job.goes_on:
            at = now + round(job.prompt_tokens * self._deployment.transfer_ns)
            self._simulation.hand_over(job.row, at)
            return
        self._done(job.row, now)

    def _done(self, row: int, now: int) -> None:
        self._simulation.book.done[row] = now
        self._drop_left(row)
        for point, offset, share in self._itinerary.hangs[row]:
            if offset > 0 and share >= 1:
                self._simulation.reach(point, now)

    def _drop_left(self, row: int) -> None:
        """What nobody asks for after this request, if that is released."""
        if self._left is not None:
            for replica in (*self.replicas, *self._decoders):
                replica.pool.drop(self._left[row])
