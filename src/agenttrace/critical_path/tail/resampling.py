"""Means of the slow and of the middle sessions, and how far both move when sessions are drawn again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]
Ints: TypeAlias = NDArray[np.int64]

SLOW_FROM = 0.95
MIDDLE = (0.40, 0.60)
DRAWS = 1000
_LARGEST_CELLS = 20_000_000
"""Draws times sessions; of very many sessions fewer draws are made."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Which sessions are slow and which are in the middle, in the order of their times."""

    slow: Bools
    middle: Bools


def split(times: Ints) -> Groups:
    """The slowest twentieth, and the fifth around the median, at least one of each; equal times go together."""
    ordered = np.sort(times)
    slow_from = ordered[min(int(np.ceil(SLOW_FROM * (len(times) - 1))), len(times) - 1)]
    low, high = (ordered[int(at * (len(times) - 1) + 0.5)] for at in MIDDLE)
    return Groups(times >= slow_from, (times >= low) & (times <= high))


def intervals(wall: Ints, parts: Floats, seed: int, level: float = 0.95) -> Floats:
    """For each column of `parts` the interval of its mean difference, slow less middle: two rows, low and high.

    A percentile bootstrap over sessions; who is slow and who in the middle is decided anew in each draw.
    """
    order = np.argsort(wall, kind="stable")
    parts = parts[order]
    random = np.random.default_rng(seed)
    count = len(wall)
    draws = max(100, min(DRAWS, _LARGEST_CELLS // max(count, 1)))
    differences = np.empty((draws, parts.shape[1]))
    for draw in range(draws):
        times = np.bincount(random.integers(0, count, count), minlength=count)
        slow, middle = _drawn(times, wall[order])
        differences[draw] = slow @ parts / slow.sum() - middle @ parts / middle.sum()
    edge = (1 - level) / 2
    found: Floats = np.quantile(differences, (edge, 1 - edge), axis=0)
    return found


def _drawn(times: Ints, wall: Ints) -> tuple[Floats, Floats]:
    """How often each session (by wall) is drawn into the slow and into the middle group."""
    last = np.cumsum(times) - 1
    size = len(times)
    at = [int(np.ceil(SLOW_FROM * (size - 1))), *(int(share * (size - 1) + 0.5) for share in MIDDLE)]
    slow_from, low, high = wall[np.searchsorted(last, at)]
    weights = times.astype(np.float64)
    return weights * (wall >= slow_from), weights * ((wall >= low) & (wall <= high))
