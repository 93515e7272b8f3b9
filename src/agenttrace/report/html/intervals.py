"""How far a percentile over sessions can be trusted: the interval between two order statistics."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, sqrt

_Z = 1.959964  # of 95 %
_EXACT_SIZE = 400


def quantile_interval(ordered: Sequence[int], percent: int) -> tuple[int, int] | None:
    """The 95 % interval of a quantile whatever the distribution; null where there are too few values for one.

    `ordered` ascends. Exact by the binomial distribution up to 400 values, by the normal one beyond.
    """
    n = len(ordered)
    low, high = _ranks(n, percent / 100)
    if low < 1 or high > n:
        return None
    return ordered[low - 1], ordered[high - 1]


def _ranks(n: int, share: float) -> tuple[int, int]:
    """The ranks, from 1, between which the quantile lies; 0 or n + 1 where no value bounds it."""
    if n > _EXACT_SIZE:
        spread = _Z * sqrt(n * share * (1 - share))
        return floor(n * share - spread), ceil(n * share + spread) + 1
    above = [_least_count(n, 1 - share, tail) for tail in (0.025, 0.975)]
    return n - above[1], n + 1 - above[0]


def _least_count(n: int, share: float, probability: float) -> int:
    """The least k for which at most k of n lie above the quantile with this probability."""
    mass: float = (1 - share) ** n
    total = mass
    count = 0
    while total < probability and count < n:
        mass *= (n - count) / (count + 1) * share / (1 - share)
        count += 1
        total += mass
    return count
