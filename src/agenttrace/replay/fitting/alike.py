"""Whether all that was fitted together was served alike: if not, the fit is of none of it.

Origins are compared by what the common fit leaves of their requests. They are not alike where the middle halves of
that do not even touch, and lie further apart than servers of one kind do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE
from agenttrace.replay.caution import Caution
from agenttrace.replay.fitting.limits import sequence_limit
from agenttrace.replay.fitting.observed import Floats, Observed, observe_requests
from agenttrace.replay.fitting.origins import Origin, Pool, origins, pools
from agenttrace.replay.fitting.service_times import LEAST_REQUESTS, ServiceFit, fit_service_times
from agenttrace.replay.platforms.measured import STEP_TIMES
from agenttrace.replay.quantities import Identified
from agenttrace.replay.requests import Requests
from agenttrace.replay.workload import Workload
from agenttrace.units import format_duration

_APART = 1.2
"""Medians that differ by less may come from loads that differ, and from how well the law of steps holds."""

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Left:
    """Of the requests of one origin the quartiles of recorded over fitted times."""

    origin: Origin
    low: float
    median: float
    high: float

    def is_apart(self, other: _Left) -> bool:
        """Whether the middle halves do not touch, and medians differ by much."""
        touch = self.low <= other.high and other.low <= self.high
        return not touch and not 1 / _APART < self.median / other.median < _APART


def unlike_origins(workload: Workload, observed: Observed, fit: ServiceFit, seed: int) -> list[Caution]:
    """Which origins were not served alike, by how much, and what differs if each is fitted alone."""
    found = origins(workload)
    said, apart = [], []
    for phase, left in _phases(observed, fit):
        for one, usual in _apart(_left_of(found, observed, left)):
            said.append(_compared(phase, one, usual))
            apart.append((one.origin, usual.origin))
    alone = _each_alone(workload.requests, *apart[0], seed) if apart else None
    limited = dict(_limited_otherwise(workload.requests, pools(workload, found)))
    said += limited.values()
    if not said:
        return []
    more = [f"and {len(said) - _SHOWN} more"] if len(said) > _SHOWN else []
    told = "; ".join([*said[:_SHOWN], *more, *([alone] if alone else [])])
    example = f"fit each on its own, this fit is of none of them: {told}"
    count = len({one.name for one, _ in apart} | limited.keys())
    return [Caution("not_served_alike", "warning", count, example)]


def _phases(observed: Observed, fit: ServiceFit) -> Iterator[tuple[str, Floats]]:
    """Recorded over fitted times of requests; NaN where one is not known, or a queue is in it."""
    prefill = fit.prefill_ns(observed.uncached, observed.prompt)
    decode = np.where(observed.parts[:, 0] > 0, observed.parts @ fit.weights, 0.0)
    for phase, recorded, fitted in (
        ("decodes", observed.decode, decode),
        ("prefills", np.where(observed.alone, observed.wait, 0.0), prefill),
    ):
        left = np.full(len(observed), np.nan)
        known = (recorded > 0) & (fitted > 0)
        left[known] = recorded[known] / fitted[known]
        yield phase, left


def _left_of(found: Sequence[Origin], observed: Observed, left: Floats) -> list[_Left]:
    """Of those of which enough is known."""
    of_request = np.full(max((int(origin.rows[-1]) for origin in found), default=-1) + 1, np.nan)
    of_request[observed.rows] = left
    told = []
    for origin in found:
        values = of_request[origin.rows]
        values = values[np.isfinite(values)]
        if len(values) >= LEAST_REQUESTS:
            told.append(_Left(origin, *np.quantile(values, [0.25, 0.5, 0.75]).tolist()))
    return told


def _apart(left: Sequence[_Left]) -> list[tuple[_Left, _Left]]:
    """Those that are apart from the one that the fit describes best, each with that one."""
    if not left:
        return []
    usual = min(left, key=lambda one: abs(float(np.log(one.median))))
    return [(one, usual) for one in left if one.is_apart(usual)]


def _compared(phase: str, one: _Left, usual: _Left) -> str:
    return (
        f"{phase} take {one.median:.2f} times what it says in {one.origin.name} (half of them {one.low:.2f} to "
        f"{one.high:.2f}), {usual.median:.2f} in {usual.origin.name} ({usual.low:.2f} to {usual.high:.2f})"
    )


def _limited_otherwise(requests: Requests, found: Sequence[Pool]) -> Iterator[tuple[str, str]]:
    """Pools that make requests wait where another one runs more of them at once, each with a sentence."""
    enough = [pool for pool in found if len(pool.rows) >= LEAST_REQUESTS]
    if len(enough) < 2:
        return
    limits = [sequence_limit(requests.take(pool.rows)) for pool in enough]
    most = max(range(len(enough)), key=lambda place: limits[place].low)
    for pool, limit in zip(enough, limits, strict=True):
        if limit.identified is Identified.YES and limits[most].low > limit.value:
            other = f"one of {enough[most].name} {limits[most].low}"
            yield pool.name, f"a server of {pool.name} runs {limit.value} sequences at once at most, {other}"


def _each_alone(requests: Requests, one: Origin, other: Origin, seed: int) -> str | None:
    """The numbers of which intervals are apart where each origin is fitted alone; None where there are none."""
    fits = [fit_service_times(observe_requests(requests.take(of.rows)), seed) for of in (one, other)]
    told = []
    mine, theirs = (np.unique(requests.cached_on[of.rows]) for of in (one, other))
    if len(mine) != len(theirs) and NONE not in mine and NONE not in theirs:
        told.append(f"workers {len(mine)} against {len(theirs)}")
    for place, (name, (unit, _)) in enumerate(STEP_TIMES.items()):
        values = [float(fit.weights[place]) for fit in fits if fit]
        if len(values) > 1 and _are_apart(*(_interval(fit, place) for fit in fits if fit)):
            told.append(f"{name} {_worded(values, unit)}")
    return f"alone, {one.name} against {other.name}: {', '.join(told)}" if told else None


def _are_apart(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] > _APART * other[1] or other[0] > _APART * one[1]


def _interval(fit: ServiceFit, place: int) -> tuple[float, float]:
    low, high = np.quantile(fit.draws[:, place], [0.05, 0.95])
    return float(low), float(high)


def _worded(values: Sequence[float], unit: str) -> str:
    if unit == "ns":
        return " against ".join(format_duration(round(value)) for value in values)
    return f"{' against '.join(f'{value:.4g}' for value in values)} {unit}"
