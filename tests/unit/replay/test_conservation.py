"""What must hold whatever the load: nothing is lost, nothing is held twice, nobody waits beside a free place."""

import random
from dataclasses import dataclass, field

import pytest

from agenttrace.replay.blocks import BlockPool
from agenttrace.replay.jobs import Job
from agenttrace.replay.replica import Limits, Replica
from agenttrace.replay.steps import AffineSteps

STEPS = AffineSteps(1_000.0, 10.0, 1.0, 500.0, 2.0, 0.0)
BLOCK = 8


@dataclass
class _Watched:
    """A replica driven by hand, that is looked at after everything that happens to it."""

    limits: Limits
    blocks: int | None
    lengths: list[int]
    now: int = 0
    done: list[int] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pool = BlockPool(self.lengths, self.blocks)
        self.replica = Replica(STEPS, self.limits, self.pool, self)

    def admitted(self, _job: Job, now: int) -> None:
        assert now >= self.now

    def first_token(self, job: Job, now: int) -> None:
        assert now >= self.now
        self.answered.append(job.row)

    def passed(self, _job: Job, _stop: int, now: int) -> None:
        assert now >= self.now

    def finished(self, job: Job, now: int) -> None:
        assert now >= self.now
        self.done.append(job.row)

    def drive(self, jobs: list[tuple[int, Job]]) -> None:
        due: int | None = None
        waiting = list(jobs)
        while waiting or due is not None:
            if waiting and (due is None or waiting[0][0] <= due):
                at, job = waiting.pop(0)
                self._move(at)
                due = self.replica.submit(job, at) or due
            else:
                assert due is not None
                self._move(due)
                due = self.replica.wake(due)
                self._look_whether_all_were_admitted()
            self._look()

    def _move(self, at: int) -> None:
        assert at >= self.now, "time ran back"
        self.now = at

    def _look_whether_all_were_admitted(self) -> None:
        """At the beginning of a step: the head of the queue waits only for room, a place or the step's budget."""
        replica, limits = self.replica, self.limits
        if not replica._waiting:
            return
        head = replica._waiting[0][2]
        private = -(-head.prompt_tokens // BLOCK) - head.path_blocks
        prefilling = sum(job.left for job in replica._prefilling)
        has_place = len(replica._running) < limits.sequences
        has_budget = limits.step_tokens - replica._decoding - prefilling > 0
        assert not (has_place and has_budget and self.pool.fits(head.path, max(0, private)))

    def _look(self) -> None:
        pool, replica = self.pool, self.replica
        running = replica._running
        assert pool.pinned >= 0
        assert pool.cached >= 0
        if self.blocks is not None:
            # One request that is larger than the cache is served all the same, alone.
            assert pool.pinned + pool.cached <= self.blocks or len(running) == 1
        assert len(running) <= self.limits.sequences
        if not replica._planned:
            assert not replica._waiting, "idle while somebody waits"
            assert not running


@pytest.mark.parametrize("seed", range(300))
def test_every_request_finishes_once_and_the_cache_never_holds_more_than_there_is(seed: int) -> None:
    draw = random.Random(seed)
    lengths = [draw.randint(1, 6) for _ in range(5)]
    limits = Limits(draw.choice([1, 3, 1_000]), draw.choice([16, 64, 10_000]), BLOCK)
    watched = _Watched(limits, draw.choice([None, 12, 30]), lengths)
    jobs, at = [], 0
    for row in range(draw.randint(1, 20)):
        at += draw.randint(0, 8_000)
        path = [draw.randrange(2)] + [2 + draw.randrange(3)] * draw.randint(0, 1)
        held = sum(lengths[segment] for segment in path)
        prompt = held * BLOCK + draw.randint(0, 20)
        jobs.append((at, Job(row, prompt, draw.randint(0, 30), path, held)))
    watched.drive(jobs)
    assert sorted(watched.done) == list(range(len(jobs)))
    assert sorted(watched.answered) == list(range(len(jobs)))
    assert watched.pool.pinned == 0
    assert watched.replica.jobs == 0
    assert watched.replica.load_blocks == 0
