"""Runs drawn at random: every policy switched on now and then, and caches so small that requests start over."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from agenttrace.critical_path.arrays import NONE
from agenttrace.replay.blocks import UNLIMITED
from agenttrace.replay.choices import Routing
from agenttrace.replay.demand import Demand
from agenttrace.replay.fleet import Deployment, Factors
from agenttrace.replay.itinerary import Itinerary
from agenttrace.replay.load import Arrivals
from agenttrace.replay.replica import Below, Limits
from agenttrace.replay.steps import AffineSteps, StepTimes
from unit.replay.loads import itinerary_of

_SIZE, _GRID = 8, 500
_EVEN = AffineSteps(1_000.0, 0.0, 0.0, 500.0, 0.0, 0.0)
"""Steps of which many end at one instant, where others come."""


@dataclass(frozen=True)
class RandomRun:
    """What a run is given."""

    itinerary: Itinerary
    demand: Demand
    arrivals: Arrivals
    deployment: Deployment
    factors: Factors | None
    places: list[int] | None


@dataclass(frozen=True)
class AskedSteps:
    """Step times that are no fit's, and bend where those do not."""

    of: AffineSteps

    def decode(self, sequences: int) -> tuple[float, float]:
        """More for more than three."""
        fixed, each = self.of.decode(sequences)
        return fixed + 77.7 * max(0, sequences - 3), each / 3

    def prefill(self, new_tokens: float, past_tokens: int) -> float:
        """Long prompts faster."""
        return abs(self.of.prefill(new_tokens, min(past_tokens, 40))) * 0.9

    @property
    def prefill_start(self) -> float:
        """As those of the fit."""
        return self.of.prefill_start

    @property
    def prefill_beside(self) -> float:
        """Less."""
        return self.of.prefill_start / 7


def random_run(seed: int) -> RandomRun:
    """The same for the same seed."""
    draw = random.Random(seed)
    even = draw.random() < 0.3
    itinerary, rows = _itinerary(draw)
    demand, deployment = _demand(draw, rows), _deployment(draw)
    if even:
        deployment = replace(deployment, times=_EVEN, overhead_ns=draw.choice([0, _GRID]))
    factors = None
    if draw.random() < 0.5:
        effort, stretch = ([draw.uniform(0.2, 4.0) for _ in range(rows)] for _ in range(2))
        factors = Factors(effort, stretch)
    places = [draw.randrange(deployment.replicas) for _ in range(rows)] if draw.random() < 0.1 else None
    return RandomRun(
        itinerary,
        demand,
        _arrivals(draw, len(itinerary.start), _GRID if even else 1),
        deployment,
        factors,
        places,
    )


def _arrivals(draw: random.Random, sessions: int, grid: int) -> Arrivals:
    order = list(range(sessions))
    draw.shuffle(order)
    within = draw.choice([3_000, 30_000])
    at = sorted(draw.randrange(within) // grid * grid for _ in order)
    return Arrivals(order, at, draw.choice([0, 1, 2, 5, sessions + 3]))


def _itinerary(draw: random.Random) -> tuple[Itinerary, int]:
    """Sessions of points that wait for earlier ones, or for instants in earlier requests; and how many requests."""
    after: list[list[tuple[int, int]]] = []
    waits, request, session, start = list[int](), list[int](), list[int](), list[int]()
    hangs: list[list[tuple[int, int, float]]] = []
    for number in range(draw.choice([1, 2, 3, 4, 5, 6, 20])):
        first, asked = len(after), list[int]()
        start.append(first)
        points = draw.randint(2, 14)
        for place in range(points):
            point = len(after)
            after.append([])
            waits.append(0)
            begins = place and draw.random() < 0.7
            request.append(len(hangs) if begins else NONE)
            session.append(number if place == points - 1 or draw.random() < 0.02 else NONE)
            for _ in range(draw.choice([1, 1, 2, 3]) if place else 0):
                waits[point] += 1
                if asked and draw.random() < 0.7:
                    hangs[draw.choice(asked)].append((point, *_hang(draw)))
                else:
                    after[draw.randrange(first, point)].append(
                        (point, draw.choice([0, 0, 5, 500, 700, 9_000]))
                    )
            if begins:
                asked.append(len(hangs))
                hangs.append([])
    return itinerary_of(after, waits, request, session, start, hangs), len(hangs)


def _hang(draw: random.Random) -> tuple[int, float]:
    share = draw.choice([-0.3, 0.0, 0.01, 0.5, draw.random(), draw.random(), 0.99, 1.0, 1.0])
    return draw.choice([-50, 0, 1, 300, 300, 300, 5_000]), share


def _demand(draw: random.Random, rows: int) -> Demand:
    """Prompts that share their beginnings, or of which no blocks are known."""
    lengths = [draw.randint(1, 6) for _ in range(12)]
    ways = [[], [0], [0, 1], [0, 1, 2], [0, 1, 3], [0, 4], [5], [5, 6], [5, 6, 7], [5, 8, 9], [10], [11, 11]]
    known = draw.random() < 0.8
    paths = [draw.choice(ways) if known else [] for _ in range(rows)]
    blocks = [sum(lengths[segment] for segment in path) for path in paths]
    few = draw.random() < 0.5
    kept = draw.random() < 0.2
    order = list(range(rows))
    draw.shuffle(order)
    return Demand(
        prompt=[max(0, held * _SIZE + draw.randint(-3, 70)) for held in blocks],
        answer=[draw.randint(0, 3 if few else 60) for _ in range(rows)],
        told_hit=[draw.choice([0, 16, 40, 900]) for _ in range(rows)],
        priority=[draw.randrange(3) for _ in range(rows)] if draw.random() < 0.5 else [0] * rows,
        paths=paths,
        path_blocks=blocks,
        lengths=lengths,
        agent=[draw.randrange(4) for _ in range(rows)],
        order=order,
        kept=[_kept(draw) for _ in range(rows)] if kept else (),
    )


def _kept(draw: random.Random) -> tuple[int, int] | None:
    first = draw.randint(0, 4_000)
    return (first, first + draw.randint(0, 9_000)) if draw.random() < 0.4 else None


def _deployment(draw: random.Random) -> Deployment:
    replicas = draw.choice([1, 1, 2, 3, 5, 70])
    apart = draw.random() < 0.25
    return Deployment(
        times=_times(draw),
        replicas=replicas,
        limits=Limits(
            sequences=draw.choice([UNLIMITED, UNLIMITED, 1, 2, 4]),
            step_tokens=draw.choice([UNLIMITED, 1, 7, 16, 64]),
            block_tokens=draw.choice([_SIZE, _SIZE, _SIZE, 1, 16]),
        ),
        kv_blocks=draw.choice([None, 0, 9, 12, 14, 16, 20, 30, 60]),
        overhead_ns=draw.choice([0, 0, 350]),
        routing=draw.choice([Routing.AFFINITY, *Routing]),
        keep_ns=draw.choice([None, None, 0, 3_000, 40_000]),
        release=draw.random() < 0.3,
        decode_replicas=draw.choice([1, 2, 3]) if apart else 0,
        transfer_ns=draw.choice([0.0, 1.5, 0.37]),
        below=Below(draw.choice([0, 3, 8, 40]), draw.choice([0.0, 50.5]), 7.25)
        if draw.random() < 0.4
        else None,
    )


def _times(draw: random.Random) -> StepTimes:
    fit = AffineSteps(
        draw.choice([0.0, 0.1, 1_000.0, draw.uniform(0, 3_000)]),
        draw.choice([0.0, 10.0, draw.uniform(0, 30)]),
        draw.choice([0.0, 0.5, 1.0, draw.uniform(0, 9)]),
        draw.choice([0.0, 500.0, draw.uniform(0, 900)]),
        draw.choice([0.0, 2.0, draw.uniform(0, 9)]),
        draw.choice([0.0, 0.0, draw.uniform(0, 0.1)]),
    )
    return AskedSteps(fit) if draw.random() < 0.15 else fit
