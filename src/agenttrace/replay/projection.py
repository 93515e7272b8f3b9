"""Sessions on other servers against the same sessions on those that served them: what is gained, and how surely.

Baseline and target are simulated with the same load and the same random numbers, so that what the simulation gets
wrong falls out of their ratio.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from agenttrace.replay.choices import Load
from agenttrace.replay.extrapolation import Beyond, conditions_left, widened
from agenttrace.replay.few_draws import ENOUGH_DRAWS, Sensitivity, reach_of
from agenttrace.replay.fleet import Deployment, Factors
from agenttrace.replay.isolated import Reference
from agenttrace.replay.jitter import Jitter
from agenttrace.replay.outcome import Outcome
from agenttrace.replay.percentiles import Draws, Estimate, estimate, estimate_ratio
from agenttrace.replay.playing import Stage
from agenttrace.replay.targets import Target

_REQUESTS = 20_000
_TORNADO = 8
_MATTERS = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """One platform, played. `first`: the outcome of the first draw.

    `model_rests_on`: the numbers of the cost model, if it is modelled; what is in doubt of them falls out of a ratio.
    """

    draws: Draws
    first: Outcome
    model_rests_on: Collection[str] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Projected:
    """What a target does to the sessions. Lists in the order of PERCENTS. `left`: where it is extrapolated."""

    target: Target
    simulated: Simulated
    wall: list[Estimate]
    gain: list[Estimate]
    without_jitter: Outcome
    sensitivity: list[Sensitivity]
    left: list[Beyond]


def draws_for(requests: int, asked: int | None) -> int:
    """How many draws: as asked, else fewer of large workloads."""
    return asked or max(2, min(ENOUGH_DRAWS, _REQUESTS // max(1, requests)))


def simulate(stage: Stage, target: Target, jitter: Jitter, draws: int, seed: int) -> Simulated:
    """All draws on one platform; the same seed gives every platform the same random numbers.

    `jitter`: of a platform that has none of its own.
    """
    served = target.build({})
    session = stage.workload.requests.session
    own = target.jitter or jitter
    factors = [
        _steadied(own.draw(session, np.random.default_rng([seed, 1, draw])), target.deterministic)
        for draw in range(draws)
    ]
    if stage.load is Load.ISOLATED and stage.reference is not None:
        factors = [_steadied(_recorded_factors(stage.reference, len(session)), target.deterministic)]
    first = stage.play(served, factors[0])
    jittered = [first.wall, *(stage.play(served, factor).wall for factor in factors[1:])]
    varied = []
    for draw in range(draws):
        other = target.drawn(np.random.default_rng([seed, 2, draw]))
        varied.append(stage.play(other, factors[0]).wall)
    found = Draws(np.array(jittered, np.float64), np.array(varied, np.float64))
    return Simulated(found, first, [one.name for one in target.assumptions] if target.model else ())


def _recorded_factors(reference: Reference, requests: int) -> Factors:
    """Each request's own residuals: alone, it keeps those that it had."""
    if reference.own is None:
        return Factors([1.0] * requests, [1.0] * requests)
    return Factors(reference.own.prefill.tolist(), reference.own.decode.tolist())


def _steadied(factors: Factors, share: float) -> Factors:
    """Without the jitter of that share of the decode which a compiler has laid down beforehand."""
    if not share:
        return factors
    return Factors(factors.effort, [1 + (factor - 1) * (1 - share) for factor in factors.stretch])


def project(
    stage: Stage,
    baseline: Simulated,
    target: Target,
    jitter: Jitter,
    draws: int,
    seed: int,
) -> Projected:
    """A target beside the baseline, which was simulated with the same draws and seed."""
    found = simulate(stage, target, jitter, draws, seed)
    plain = stage.play(target.build({}))
    gain = estimate_ratio(baseline.draws, found.draws, seed)
    left = conditions_left(stage.workload, found.first, target.observed)
    sensitivity = _tornado(stage, target, plain, gain[0].value)
    reach = reach_of(sensitivity, gain[0].value, draws, baseline.model_rests_on)
    return Projected(
        target=target,
        simulated=found,
        wall=widened([reach.of_time(one) for one in estimate(found.draws, seed)], left),
        gain=widened([reach.of_gain(one) for one in gain], left),
        left=left,
        without_jitter=plain,
        sensitivity=sensitivity,
    )


def _tornado(stage: Stage, target: Target, plain: Outcome, middle: float) -> list[Sensitivity]:
    """The numbers that move the gain most, the most first."""
    # Single runs without jitter: the ratio to the unchanged one carries them over to the gain.
    scale = middle * (float(np.median(plain.wall)) if len(plain.wall) else 0.0)

    def gain(deployment: Deployment) -> float:
        return scale / max(float(np.median(stage.play(deployment).wall)), 1.0)

    rows = []
    for assumption in target.assumptions:
        low, high = assumption.number.low, assumption.number.high
        if low is None or high is None or high <= low:
            continue
        ends = gain(target.build({assumption.name: low})), gain(target.build({assumption.name: high}))
        rows.append(Sensitivity(assumption.name, low, high, *ends))
    rows.sort(key=lambda row: -abs(row.gain_high - row.gain_low))
    return [row for row in rows[:_TORNADO] if abs(row.gain_high - row.gain_low) > _MATTERS]
