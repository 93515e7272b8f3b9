"""The router that goes by caches finds what asking each of them would find."""

from __future__ import annotations

import random

import pytest

from agenttrace.replay.blocks import BlockPool, Whereabouts
from agenttrace.replay.choices import Routing
from agenttrace.replay.jobs import Job
from agenttrace.replay.replica import Limits, Replica
from agenttrace.replay.routing import make_router
from agenttrace.replay.steps import AffineSteps

STEPS = AffineSteps(1_000.0, 10.0, 1.0, 500.0, 2.0, 0.0)


class _Nobody:
    """Is told, and does nothing."""

    def admitted(self, job: Job, now: int) -> None: ...
    def first_token(self, job: Job, now: int) -> None: ...
    def passed(self, job: Job, stop: int, now: int) -> None: ...
    def finished(self, job: Job, now: int) -> None: ...


def _asked(replicas: list[Replica], job: Job, now: int) -> int:
    """Every cache for itself."""
    costs = [(one.load_blocks - one.pool.match(job.path, now), one.jobs) for one in replicas]
    return costs.index(min(costs))


@pytest.mark.parametrize("seed", range(60))
def test_a_prompt_goes_where_most_of_it_is_and_least_is_worked_on(seed: int) -> None:
    draw = random.Random(seed)
    lengths = [draw.randint(1, 6) for _ in range(14)]
    paths = [
        [0, 2],
        [0, 2, 4],
        [0, 2, 4, 6],
        [0, 3],
        [0, 3, 5],
        [1],
        [1, 7],
        [1, 7, 8],
        [9],
        [9, 10, 11],
        [0, 12, 13],
        [],
    ]
    where, keep = Whereabouts(), draw.choice([None, None, 40])
    below = draw.choice([0, 0, 6])
    replicas = [
        Replica(
            STEPS,
            Limits(),
            BlockPool(lengths, draw.choice([12, 20]), keep, below, (where, number)),
            _Nobody(),
        )
        for number in range(draw.randint(2, 6))
    ]
    route = make_router(Routing.AFFINITY)
    held: list[tuple[Replica, list[int], int]] = []
    for now in range(400):
        path = draw.choice(paths)
        job = Job(now, 8, 1, path, sum(lengths[segment] for segment in path))
        place = route(replicas, job, now)
        assert place == _asked(replicas, job, now)
        chosen = replicas[draw.choice([place, draw.randrange(len(replicas))])]
        private = draw.randint(0, 3)
        chosen.pool.pin(path, private)
        chosen.load_blocks += private
        held.append((chosen, path, private))
        while held and (draw.random() < 0.4 or len(held) > 6):
            replica, path, private = held.pop(draw.randrange(len(held)))
            replica.pool.release(path, private, now)
            replica.load_blocks -= private
        if draw.random() < 0.1:
            chosen.pool.drop([draw.randrange(len(lengths))])
