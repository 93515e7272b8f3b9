"""Two fits of a plane with weights that are not negative: the lower edge of points, and their middle."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

_ROUNDS = 60
_LEAST = 1e-6
"""Residuals below this share of the typical value weigh alike; it keeps the reweighting finite."""


def lower_edge(x: Floats, y: Floats) -> tuple[float, float]:
    """Intercept and slope, neither negative, of the highest line in sum that no point lies below.

    That line holds the edge of the points' lower convex hull under their mean. Needs a point, and y >= 0.
    """
    hull = _lower_hull(x, y)
    mean = float(x.mean())
    for (left, low), (right, high) in pairwise(hull):
        if left <= mean <= right:
            slope = (high - low) / (right - left)
            if slope < 0:
                return float(y.min()), 0.0
            level = low - slope * left
            return (level, slope) if level >= 0 else (0.0, float((y[x > 0] / x[x > 0]).min()))
    return float(y.min()), 0.0


def firm_lower_edge(x: Floats, y: Floats, near: float, support: int) -> tuple[float, float]:
    """The lower edge once points that stand alone below it are left out, one in a hundred at most.

    An edge is firm where `support` points lie within `near` times of it. Values below 1 weigh as 1.
    """
    edge = lower_edge(x, y)
    for _ in range(max(1, len(y) // 100)):
        ratio = y / np.maximum(edge[0] + edge[1] * x, 1.0)
        if len(y) <= support or (ratio <= near).sum() >= support:
            return edge
        kept = np.arange(len(y)) != ratio.argmin()
        x, y = x[kept], y[kept]
        edge = lower_edge(x, y)
    return edge


def _lower_hull(x: Floats, y: Floats) -> list[tuple[float, float]]:
    hull: list[tuple[float, float]] = []
    order = np.lexsort((y, x))
    for right, high in zip(x[order].tolist(), y[order].tolist(), strict=True):
        if hull and hull[-1][0] == right:
            continue
        while len(hull) > 1 and _turns_right(*hull[-2], *hull[-1], right, high):
            hull.pop()
        hull.append((right, high))
    return hull


def _turns_right(x0: float, y0: float, x1: float, y1: float, x2: float, y2: float) -> bool:
    return (y1 - y0) * (x2 - x0) >= (y2 - y0) * (x1 - x0)


def least_absolute(columns: Floats, y: Floats) -> Floats:
    """A weight for each column, none negative, that makes the sum of absolute residuals small.

    Iteratively reweighted least squares over every subset of columns; the best fit whose weights are not
    negative. All are 0 where no subset gives one. Where all columns together do, no subset is better.
    """
    best, found = np.abs(y).sum(), np.zeros(columns.shape[1])
    floor = max(float(np.median(np.abs(y))) * _LEAST, np.finfo(np.float64).tiny)
    for size in range(columns.shape[1], 0, -1):
        for chosen in combinations(range(columns.shape[1]), size):
            weights = _reweighted(columns[:, chosen], y, floor)
            residual = np.abs(y - columns[:, chosen] @ weights).sum()
            if (weights >= 0).all() and residual < best * (1 - 1e-9):
                best, found = residual, np.zeros(columns.shape[1])
                found[list(chosen)] = weights
        if size == columns.shape[1] and found.any():
            return found
    return found


def _reweighted(columns: Floats, y: Floats, floor: float) -> Floats:
    scale = np.maximum(np.abs(columns).max(axis=0), np.finfo(np.float64).tiny)
    scaled = columns / scale
    importance = np.ones(len(y))
    weights = np.zeros(columns.shape[1])
    for _ in range(_ROUNDS):
        square = scaled.T @ (scaled * importance[:, None])
        weights = np.linalg.lstsq(square, scaled.T @ (importance * y), rcond=None)[0]
        importance = floor / np.maximum(np.abs(y - scaled @ weights), floor)
    found: Floats = weights / scale
    return found
