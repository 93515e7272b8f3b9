"""Percentiles of sessions over draws, and where the width of their intervals comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, nan
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import Ints

Floats = NDArray[np.float64]

PERCENTS = (50, 95, 99)
ENOUGH = {50: 1, 95: 60, 99: 300}
"""How many sessions a percentile takes."""

_RESAMPLES = 200
_INTERVAL = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value between `low` and `high`, nine times of ten. `by`: the width that each source alone would give."""

    value: float
    low: float
    high: float
    by: dict[str, float]


def percentiles(values: Ints | Floats) -> Floats:
    """Those of PERCENTS, between neighbours where they fall; nan where there are no values."""
    if not len(values):
        return np.full(len(PERCENTS), np.nan)
    found: Floats = np.percentile(values.astype(np.float64), PERCENTS)
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Times of the same sessions in several simulations, a row each.

    `jitter`: other residuals; `parameters`: other parameters of the platform, the residuals as in the first row of
    `jitter`.
    """

    jitter: Floats
    parameters: Floats


def estimate(draws: Draws, seed: int) -> list[Estimate]:
    """An estimate for each of PERCENTS."""
    return _estimates(draws.jitter, draws.parameters, None, seed)


def estimate_ratio(one: Draws, other: Draws, seed: int) -> list[Estimate]:
    """Percentiles of `one` over those of `other`, draw by draw and sample by sample."""
    return _estimates(one.jitter, one.parameters, other, seed)


def _estimates(jitter: Floats, parameters: Floats, other: Draws | None, seed: int) -> list[Estimate]:
    def of(values: Floats, divisor: Floats | None) -> Floats:
        rows = np.stack([percentiles(row) for row in values]) if len(values) else np.zeros((0, len(PERCENTS)))
        if divisor is None or not len(values):
            return rows
        below = np.stack([percentiles(row) for row in divisor])
        same: Floats = np.where(rows == below, 1.0, rows / np.maximum(below, 1.0))
        return same

    simulated = of(jitter, other.jitter if other else None)
    varied = of(parameters, other.parameters if other else None)
    random = np.random.default_rng([seed, 7])
    count = jitter.shape[1]
    picks = random.integers(count, size=(_RESAMPLES, count)) if count else np.zeros((0, 0), np.int64)
    sampled = of(jitter[0][picks], other.jitter[0][picks] if other else None)
    value = simulated.mean(axis=0)
    found = []
    for place in range(len(PERCENTS)):
        sources = {
            "sampling": sampled[:, place],
            "parameters": varied[:, place],
            "simulation": simulated[:, place],
        }
        unvaried = float(simulated[0, place]) if len(simulated) else nan
        found.append(_combined(float(value[place]), sources, {"parameters": unvaried}))
    return found


def _unshrunk(count: int) -> float:
    """By how much the quantiles of so few draws lie too far inside: of normal ones, by Blom's expected places."""
    if count < 2:  # one draw says nothing of how far others lie
        return 1.0
    normal = NormalDist()
    place = _INTERVAL[0] * (count - 1)
    first, second = (
        normal.inv_cdf((rank - 0.375) / (count + 0.25)) for rank in (int(place) + 1, int(place) + 2)
    )
    expected = first + (place - int(place)) * (second - first)
    return max(1.0, normal.inv_cdf(_INTERVAL[0]) / expected)


def _combined(value: float, sources: dict[str, Floats], middles: dict[str, float]) -> Estimate:
    """Sources that know nothing of each other: their distances from the middle add up as squares.

    Times and ratios are positive, so what lies below is a factor, and its distance that of logarithms. The middle is
    that of `middles`, what a source gives where it changes nothing; else the median of its values.
    """
    below = above = 0.0
    by = {}
    for name, values in sources.items():
        if not len(values):
            by[name] = 0.0
            continue
        low, middle, high = np.quantile(values, [_INTERVAL[0], 0.5, _INTERVAL[1]])
        wider = _unshrunk(len(values))
        middle = middles.get(name, float(middle))
        below += (wider * (log(middle / low) if 0 < low < middle else 0.0)) ** 2
        above += (wider * max(0.0, float(high - middle))) ** 2
        by[name] = wider * float(high - low)
    return Estimate(value, value * exp(-(below**0.5)), value + above**0.5, by)


def is_enough(percent: int, sessions: int) -> bool:
    """Whether a percentile over so many sessions may be relied on."""
    return sessions >= ENOUGH[percent]


def spread(values: Sequence[float]) -> tuple[float, float]:
    """Nine of ten values lie between these."""
    low, high = np.quantile(np.asarray(values, np.float64), _INTERVAL)
    return float(low), float(high)
