"""How often chance alone makes as large a change: sides of pairs swapped, or sessions shuffled between sides.

What is swapped are scores: the logarithms for a geometric mean, and for an L-statistic by how much a value moves it in
both sides together. Scores do not depend on who is called which side, so the test is exact where sides are alike,
for quantiles and tails too, and costs one product for all swaps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.diff.statistics.chance import SWAPS, drift, labels, swaps
from agenttrace.diff.statistics.drift import Drift
from agenttrace.diff.statistics.sample import Sample
from agenttrace.diff.statistics.shapes import GRID, Floats, Stat, shape, slope

NORMAL_FROM = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Chance:
    """The linear part of an effect, as it was seen, and as it comes out when chance decides who is which side."""

    seen: float
    swapped: Floats

    def p(self, apart: Drift, seed: int) -> tuple[float, float]:
        """One-sided p of the candidate being greater, and of it being less; `apart` is drawn and added."""
        seen, swapped = self.seen, self.swapped
        if apart.sd:
            swapped = swapped + apart.sd * drift(seed, apart.freedom, len(swapped))
        slack = 1e-9 * (abs(seen) + float(np.abs(swapped).max(initial=0.0)))
        ways = len(swapped) + 1
        greater = (1 + int((swapped >= seen - slack).sum())) / ways
        return greater, (1 + int((swapped <= seen + slack).sum())) / ways


def chance(sample: Sample, stat: Stat, seed: int, *, relative: bool = True) -> Chance:
    """What swapping pairs, or shuffling sessions that are not paired, makes of the difference."""
    base, candidate, scale = _scores(sample, stat, relative=relative)
    way = _swapped if sample.paired else _shuffled
    found = way(sample, base, candidate, seed) * scale
    return Chance(float(found[0]), found[1:])


def _scores(sample: Sample, stat: Stat, *, relative: bool) -> tuple[Floats, Floats, float]:
    """The scores of both sides, and what their mean difference is multiplied by to be an effect."""
    base, candidate = sample.base, sample.candidate
    if stat is Stat.GEOMEAN:
        return np.log(base.values), np.log(candidate.values), 1.0
    values = np.concatenate([base.values, candidate.values])
    weight = np.concatenate([base.weight / base.weight.sum(), candidate.weight / candidate.weight.sum()])
    order = np.argsort(values, kind="stable")
    gaps = np.diff(values[order])
    place = (np.cumsum(weight[order]) * (GRID / 2) + 0.5).astype(np.int32)[:-1]
    curve = shape(stat, sample.sessions)
    scores = np.empty(len(values))
    scores[order] = np.concatenate([[0.0], np.cumsum(slope(curve)[place] * gaps)])
    pooled = float(values[order][-1] - curve[place] @ gaps)
    count = len(base.values)
    return scores[:count], scores[count:], 1 / pooled if relative and pooled > 0 else 1.0


def _swapped(sample: Sample, base: Floats, candidate: Floats, seed: int) -> Floats:
    """The mean difference of the pairs, first as it is, then with pairs swapped."""
    gap = sample.candidate.by_cluster(candidate * sample.candidate.weight)
    gap = gap - sample.base.by_cluster(base * sample.base.weight)
    if len(gap) > NORMAL_FROM:
        return _normal(float(gap.mean()), float(np.sqrt(gap @ gap)) / len(gap), seed)
    narrow = gap.astype(np.float32)
    found = [np.asarray([gap.sum()])]
    found += [(signs @ narrow).astype(np.float64) for signs in swaps(seed, len(gap))]
    together: Floats = np.concatenate(found) / len(gap)
    return together


def _normal(seen: float, deviation: float, seed: int) -> Floats:
    """Of very many clusters no single one matters: their sum is normal."""
    return np.concatenate([[seen], deviation * drift(seed, np.inf, SWAPS + 1)[1:]])


def _shuffled(sample: Sample, base: Floats, candidate: Floats, seed: int) -> Floats:
    """The difference of the means, first as it is, then with clusters shuffled between the sides."""
    sides = (sample.base, sample.candidate)
    totals = [of.by_cluster(scores * of.weight) for of, scores in zip(sides, (base, candidate), strict=True)]
    weights = [of.by_cluster(of.weight) for of in sides]
    total, weight = (np.concatenate(both).astype(np.float32) for both in (totals, weights))
    total -= weight * (total.sum() / weight.sum())
    seen = float(totals[1].sum() / weights[1].sum() - totals[0].sum() / weights[0].sum())
    if min(len(of) for of in totals) > NORMAL_FROM:
        shares = [1 / of.sum() for of in weights]
        deviation = float(
            np.sqrt(
                (total.astype(np.float64) ** 2).mean()
                * (len(totals[0]) * shares[0] ** 2 + len(totals[1]) * shares[1] ** 2)
            )
        )
        return _normal(seen, deviation, seed)
    found = [np.asarray([seen])]
    for chosen in labels(seed, *(of.clusters for of in sides)):
        mine, size = chosen @ total, chosen @ weight
        found.append((mine / size - (total.sum() - mine) / (weight.sum() - size)).astype(np.float64))
    together: Floats = np.concatenate(found)
    return together
