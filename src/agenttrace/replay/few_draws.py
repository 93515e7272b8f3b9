"""Intervals that rest on few draws: at least as wide as what single numbers do, which needs no luck to be found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from agenttrace.replay.percentiles import Estimate

ENOUGH_DRAWS = 20
"""Fewer draws seldom hold the ends of what nine of ten would."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What the gain of the median is if one number is at either end of its interval."""

    parameter: str
    low: float
    high: float
    gain_low: float
    gain_high: float


@dataclass(frozen=True, slots=True)
class Reach:
    """The least and the most that one number alone makes of the gain, as a factor of it."""

    least: float = 1.0
    most: float = 1.0

    def of_gain(self, one: Estimate) -> Estimate:
        """Its interval, with all of that."""
        return _wider(one, one.value * self.least, one.value * self.most)

    def of_time(self, one: Estimate) -> Estimate:
        """The same of a time, which is the shorter the larger the gain."""
        return _wider(one, one.value / self.most, one.value / self.least)


def reach_of(
    sensitivity: Sequence[Sensitivity], middle: float, draws: int, shared: Collection[str] = ()
) -> Reach:
    """Of these numbers, but for those that move the baseline alike (`shared`); none where draws are enough.

    `middle`: the gain with all numbers as they are given.
    """
    ends = [
        gain / middle
        for row in sensitivity
        if row.parameter not in shared
        for gain in (row.gain_low, row.gain_high)
        if middle > 0 and gain > 0
    ]
    if draws >= ENOUGH_DRAWS or not ends:
        return Reach()
    return Reach(min(1.0, *ends), max(1.0, *ends))


def _wider(one: Estimate, low: float, high: float) -> Estimate:
    if not (low < one.low or high > one.high):  # nan, where there are no sessions
        return one
    by = {**one.by, "parameters": max(one.by.get("parameters", 0.0), high - low)}
    return replace(one, low=min(low, one.low), high=max(high, one.high), by=by)
