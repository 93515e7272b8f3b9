"""Which of the ordered values a statistic weighs, and how much: a distribution over [0, 1] on a fine grid."""

from __future__ import annotations

import math
from enum import StrEnum
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

GRID = 20_000
TAIL_SHARE = 0.1


class Stat(StrEnum):
    """What is said of the values of a side."""

    GEOMEAN = "geomean"
    MEAN = "mean"
    TAIL_MEAN = "tail_mean"
    P50 = "p50"
    P95 = "p95"
    P99 = "p99"


QUANTILES = {Stat.P50: 0.5, Stat.P95: 0.95, Stat.P99: 0.99}

LEAST_SESSIONS = {
    Stat.GEOMEAN: 8,
    Stat.MEAN: 8,
    Stat.TAIL_MEAN: 50,
    Stat.P50: 10,
    Stat.P95: 60,
    Stat.P99: 300,
}
"""Fewer sessions a side than these carry no verdict: half of all samples lie wholly on one side of the quantile."""


def shape(stat: Stat, sessions: int) -> Floats:
    """The share of the weight up to each point of the grid, GRID + 1 values from 0 to 1.

    Quantiles are Harrell and Davis' (1982) for so many sessions: all order statistics near the quantile count, which
    makes their draws smooth. The tail mean is that of the slowest tenth.
    """
    if stat in QUANTILES:
        return _harrell_davis(QUANTILES[stat], sessions)
    return _tail() if stat is Stat.TAIL_MEAN else _level()


@lru_cache(maxsize=1)
def _level() -> Floats:
    return np.linspace(0.0, 1.0, GRID + 1)


@lru_cache(maxsize=1)
def _tail() -> Floats:
    rising: Floats = np.clip((_level() - (1 - TAIL_SHARE)) / TAIL_SHARE, 0.0, 1.0)
    return rising


@lru_cache(maxsize=64)
def _harrell_davis(quantile: float, sessions: int) -> Floats:
    """The distribution of Beta((n + 1) q, (n + 1) (1 - q)), by the midpoint rule."""
    one, other = (sessions + 1) * quantile, (sessions + 1) * (1 - quantile)
    middle = (np.arange(GRID) + 0.5) / GRID
    density = (one - 1) * np.log(middle) + (other - 1) * np.log1p(-middle)
    constant = math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)
    mass = np.exp(density - constant) / GRID
    reached = np.concatenate([[0.0], np.cumsum(mass)])
    found: Floats = reached / reached[-1]
    return found


def slope(of: Floats) -> Floats:
    """How fast a shape rises at each point of the grid."""
    found: Floats = np.gradient(of) * GRID
    return found
