"""How much a statistic differs between two sides, and how far that moves when clusters are drawn again.

Draws are of whole clusters, pairs together. They are studentised: each draw's error is divided by the error that the
draw itself would state, and the interval is symmetric, for with few values in a heavy tail plain percentiles are too
short. What a draw states of a quantile rests on the few values around it, of a tail mean on a few more, and of a share
on the few that failed: there it is averaged with what the sample states (measured by benchmarks/diff_calibration.py).
Of many clusters the statistic is replaced by its linear part, which is then exact enough and costs one product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.diff.statistics.chance import drawn_clusters
from agenttrace.diff.statistics.sample import Sample, Side
from agenttrace.diff.statistics.shapes import GRID, QUANTILES, Floats, Ints, Stat, shape, slope

DRAWS = 999
LINEAR_FROM = 1_000
_LEAST_ERROR = 1e-12
_NOTHING = 1e-9
"""A smaller share of the weight is none."""

_OWN_SHARE, _OWN_SHARE_OF_TAIL = 0.75, 0.9
"""Of the variance that a draw of a quantile or a share, or of a tail mean, is measured by; the rest is the sample's."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """One statistic on both sides. `effect` is the logarithm of their ratio, or their difference.

    `errors`: by how much draws miss the truth, as far as sampling goes; only their size counts.
    """

    base: float
    candidate: float
    effect: float
    errors: Floats


def estimate(sample: Sample, stat: Stat, seed: int, *, relative: bool = True) -> Estimate | None:
    """Null where a ratio makes no sense: a side is empty, or its statistic is not above zero."""
    if not sample.known or sample.clusters < 2:
        return None
    if stat is Stat.GEOMEAN:
        return _geometric(sample, seed)
    own = _OWN_SHARE_OF_TAIL if stat is Stat.TAIL_MEAN else 1.0
    if not relative or stat in QUANTILES:
        own = _OWN_SHARE
    return _ordered(sample, stat, seed, own, relative=relative)


def value_of(of: Side, stat: Stat) -> float | None:
    """The statistic of one side alone; null of nothing, and of a geometric mean where a value is not above zero."""
    if not len(of.values):
        return None
    if stat is Stat.GEOMEAN:
        if float(of.values.min()) <= 0:
            return None
        return float(np.exp(np.average(np.log(of.values), weights=of.weight)))
    if stat is Stat.MEAN:
        return float(np.average(of.values, weights=of.weight))
    return float(_draws(of, np.ones((1, of.clusters)), shape(stat, len(of.values))).value[0])


def _geometric(sample: Sample, seed: int) -> Estimate | None:
    sides = (sample.base, sample.candidate)
    if any(float(of.values.min()) <= 0 for of in sides):
        return None
    logs = [Side(np.log(of.values), of.cluster, of.weight, of.clusters) for of in sides]
    found = _ordered(Sample(logs[0], logs[1], sample.paired), Stat.MEAN, seed, 1.0, relative=False)
    if found is None:
        return None
    return Estimate(float(np.exp(found.base)), float(np.exp(found.candidate)), found.effect, found.errors)


def _ordered(sample: Sample, stat: Stat, seed: int, own: float, *, relative: bool) -> Estimate | None:
    """An L-statistic: of the sample, of draws of it, and of its linear part."""
    linear = sample.clusters > LINEAR_FROM
    curve = shape(stat, sample.sessions)
    times = [_times(sample, place, seed) for place in (0, 1)]
    sides = (sample.base, sample.candidate)
    looked = [of[:1] if linear else of for of in times]
    drawn = [
        _means(of, rows) if stat is Stat.MEAN else _draws(of, rows, curve)
        for of, rows in zip(sides, looked, strict=True)
    ]
    values = [of.value for of in drawn]
    if relative and any(float(of.min()) <= 0 for of in values):
        return None
    scale = [1 / of if relative else np.ones_like(of) for of in values]
    effect = np.log(values[1] / values[0]) if relative else values[1] - values[0]
    parts = [of.linear * by[:, None] for of, by in zip(drawn, scale, strict=True)]
    if linear:
        errors = _linear_errors(parts, times, paired=sample.paired)
    else:
        errors = _studentised_errors(effect, parts, times, own, paired=sample.paired)
    return Estimate(float(values[0][0]), float(values[1][0]), float(effect[0]), errors)


def _times(sample: Sample, place: int, seed: int) -> Floats:
    of = (sample.base, sample.candidate)[place]
    return drawn_clusters(seed, 0 if sample.paired else place, of.clusters, DRAWS)


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """The statistic in each draw; `linear`: what each cluster adds to it, a row a draw."""

    value: Floats
    linear: Floats


def _means(of: Side, times: Floats) -> _Drawn:
    """The mean needs no order."""
    weight, total = of.by_cluster(of.weight), of.by_cluster(of.weight * of.values)
    size = times @ weight
    value = times @ total / size
    return _Drawn(value, (total - value[:, None] * weight) / size[:, None])


def _draws(of: Side, times: Floats, curve: Floats) -> _Drawn:
    """Values below those that any draw weighs are left out: of a tail, most of them."""
    order = np.argsort(of.values, kind="stable")
    every = of.by_cluster(of.weight)
    total = (times @ every)[:, None]
    order, counted = _weighed(of, times, order, total, curve)
    values, cluster, weight = of.values[order], of.cluster[order], of.weight[order]
    reached = np.cumsum(counted, axis=1)
    reached += total - reached[:, -1:]
    place = (reached * (GRID / total) + 0.5).astype(np.int32)
    gaps = np.diff(values)
    value = values[-1] - curve[place[:, :-1]] @ gaps
    beyond = np.zeros_like(reached)
    np.cumsum(slope(curve)[place[:, :-1]] * gaps, axis=1, out=beyond[:, 1:])
    mean = (counted * beyond).sum(axis=1, keepdims=True) / total
    own = _summed(beyond * (weight / total), cluster, of.clusters)
    return _Drawn(value, own - mean * (every / total))


def _weighed(of: Side, times: Floats, order: Ints, total: Floats, curve: Floats) -> tuple[Ints, Floats]:
    """The last places of an order of which every draw leaves out only what has no weight, and their counts."""
    above = 1 - (int(np.searchsorted(curve, _NOTHING, side="right")) - 1) / GRID
    kept = int(1.4 * above * len(order)) + 16
    while True:
        last = order[-kept:]
        counted = times[:, of.cluster[last]] * of.weight[last]
        enough = counted.sum(axis=1, keepdims=True) >= above * total
        if kept >= len(order) or enough.all():
            return last, counted
        kept *= 2


def _summed(values: Floats, cluster: Ints, clusters: int) -> Floats:
    """Columns added up by cluster; 0 for clusters without any."""
    order = np.argsort(cluster, kind="stable")
    there, first = np.unique(cluster[order], return_index=True)
    found = np.zeros((len(values), clusters))
    ordered = values[:, order]
    found[:, there] = ordered if len(there) == len(cluster) else np.add.reduceat(ordered, first, axis=1)
    return found


def _linear_errors(parts: list[Floats], times: list[Floats], *, paired: bool) -> Floats:
    base, candidate = (part[0] for part in parts)
    if paired:
        found: Floats = times[0][1:] @ (candidate - base)
        return found
    unpaired: Floats = times[1][1:] @ candidate - times[0][1:] @ base
    return unpaired


def _studentised_errors(
    effect: Floats, parts: list[Floats], times: list[Floats], own: float, *, paired: bool
) -> Floats:
    """The errors of draws in units of their own standard error, by so large a share, in that of the sample."""
    base, candidate = parts
    if paired:
        variance = (times[0] * (candidate - base) ** 2).sum(axis=1)
    else:
        variance = (times[0] * base**2).sum(axis=1) + (times[1] * candidate**2).sum(axis=1)
    error = np.sqrt(own * variance + (1 - own) * variance[0])
    least = max(_LEAST_ERROR, float(error[0]) * 1e-6)
    found: Floats = (effect[1:] - effect[0]) / np.maximum(error[1:], least) * error[0]
    return found
