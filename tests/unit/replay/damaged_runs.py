"""Random runs of which one number is out of proportion, or points to nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from agenttrace.replay.blocks import UNLIMITED
from agenttrace.replay.fleet import Deployment, Factors
from agenttrace.replay.load import Arrivals
from agenttrace.replay.replica import Below, Limits
from agenttrace.replay.steps import AffineSteps
from unit.replay.random_runs import RandomRun, random_run

_SPANS = [-(1 << 63), -(1 << 61), -(1 << 40), -1, 0, 1 << 40, 1 << 58, 1 << 61, 1 << 62, (1 << 63) - 1]
_COUNTS = [-(1 << 62), -(1 << 40), -5, -1, 0, 1 << 26, 1 << 31, 1 << 33, 1 << 53, 1 << 60, 1 << 62, 1 << 64]
_MEASURES = [-1e300, -1e9, -0.5, 0.0, 1e-300, 1e9, 1e17, 1e18, 1e19, 1e300, np.inf, -np.inf, np.nan]
_PLACES = [-(1 << 62), -2, -1, 0, 1, 7, 1_000, 1 << 40, 1 << 62]


def damaged_run(seed: int) -> RandomRun:
    """The same for the same seed."""
    draw = random.Random(seed)
    damage = draw.choice([_course, _hangs, _demand, _deployment, _limits, _steps, _factors, _arrivals])
    return damage(random_run(seed), draw)


def _put(column: np.ndarray, value: float, draw: random.Random) -> np.ndarray:
    if len(column):
        column = column.copy()
        column[draw.randrange(len(column))] = value
    return column


def _course(run: RandomRun, draw: random.Random) -> RandomRun:
    name = draw.choice(["after", "delay", "waits", "request", "session", "start", "hang_point"])
    value = draw.choice(_SPANS if name in {"delay", "waits"} else _PLACES)
    column = _put(getattr(run.itinerary, name), value, draw)
    return replace(run, itinerary=replace(run.itinerary, **{name: column}))


def _hangs(run: RandomRun, draw: random.Random) -> RandomRun:
    itinerary = run.itinerary
    if draw.random() < 0.5:
        offset = _put(itinerary.hang_offset, draw.choice(_SPANS), draw)
        return replace(run, itinerary=replace(itinerary, hang_offset=offset))
    share = _put(itinerary.hang_share, draw.choice(_MEASURES), draw)
    return replace(run, itinerary=replace(itinerary, hang_share=share))


def _roomy(run: RandomRun) -> RandomRun:
    """With room for large numbers, which would else be served piece by piece."""
    deployment = replace(run.deployment, limits=Limits(block_tokens=8), kv_blocks=None)
    return replace(run, deployment=deployment)


def _demand(run: RandomRun, draw: random.Random) -> RandomRun:
    name = draw.choice(
        ["prompt", "answer", "told_hit", "priority", "path_blocks", "lengths", "paths", "kept", "short"]
    )
    demand = run.demand
    rows = len(demand.prompt)
    if name == "short":
        return replace(run, demand=replace(demand, answer=demand.answer[:-1]))
    if not rows:
        return run
    row, value = draw.randrange(rows), draw.choice(_COUNTS)
    if name == "paths":
        paths = [*demand.paths[:row], [draw.choice(_PLACES)], *demand.paths[row + 1 :]]
        return replace(run, demand=replace(demand, paths=paths))
    if name == "kept":
        kept = [*([None] * row), (draw.choice(_SPANS), draw.choice(_SPANS)), *([None] * (rows - row - 1))]
        return replace(run, demand=replace(demand, kept=kept))
    column = list(getattr(demand, name))
    column[draw.randrange(len(column))] = value
    return _roomy(replace(run, demand=replace(demand, **{name: column})))


def _deployment(run: RandomRun, draw: random.Random) -> RandomRun:
    changes: list[Callable[[], dict[str, object]]] = [
        lambda: {"replicas": draw.choice([-1, 0])},
        lambda: {"decode_replicas": -1},
        lambda: {"kv_blocks": draw.choice(_COUNTS)},
        lambda: {"overhead_ns": draw.choice([*_SPANS, 1 << 70])},
        lambda: {"keep_ns": draw.choice([*_SPANS, 1 << 70])},
        lambda: {"decode_replicas": 1, "transfer_ns": draw.choice([*_MEASURES, 3])},
        lambda: {"kv_blocks": 14, "below": Below(draw.choice(_COUNTS), 5.0, 5.0)},
        lambda: {"kv_blocks": 14, "below": Below(8, draw.choice(_MEASURES), draw.choice(_MEASURES))},
    ]
    return replace(run, deployment=_changed(run.deployment, draw.choice(changes)()))


def _changed(deployment: Deployment, changes: dict[str, object]) -> Deployment:
    return replace(deployment, **changes)  # type: ignore[arg-type]  # damage


def _limits(run: RandomRun, draw: random.Random) -> RandomRun:
    limits = Limits(UNLIMITED, UNLIMITED, 8)
    name = draw.choice(["sequences", "step_tokens", "block_tokens"])
    changed = replace(limits, **{name: draw.choice(_COUNTS)})
    return replace(run, deployment=replace(run.deployment, limits=changed))


def _steps(run: RandomRun, draw: random.Random) -> RandomRun:
    numbers: list[float] = [1_000.0, 10.0, 1.0, 500.0, 2.0, 0.01]
    numbers[draw.randrange(6)] = draw.choice([*_MEASURES, 3])
    return replace(run, deployment=replace(run.deployment, times=AffineSteps(*numbers)))


def _factors(run: RandomRun, draw: random.Random) -> RandomRun:
    columns = [[1.0] * len(run.demand.prompt) for _ in range(2)]
    if columns[0]:
        draw.choice(columns)[draw.randrange(len(columns[0]))] = draw.choice(_MEASURES)
    return _roomy(replace(run, factors=Factors(*columns)))


def _arrivals(run: RandomRun, draw: random.Random) -> RandomRun:
    arrivals = run.arrivals
    place, what = draw.randrange(len(arrivals.order)), draw.choice(["order", "at", "lanes"])
    order, at, lanes = list(arrivals.order), list(arrivals.at), arrivals.lanes
    if what == "lanes":
        lanes = draw.choice(_COUNTS)
    elif what == "at":
        at[place] = draw.choice([*_SPANS, 1 << 70])
    else:
        order[place] = draw.choice(_PLACES)
    return replace(run, arrivals=Arrivals(order, at, lanes))
