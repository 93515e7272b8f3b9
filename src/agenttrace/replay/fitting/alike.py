"""Whether all that was fitted together was served alike: if not, the fit is of none of it.

Origins are compared by what the common fit leaves of their requests. They are not alike where the middle halves of
that do not even touch, and lie further apart than servers of one kind do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from agenttrace.replay.caution import Caution
from agenttrace.replay.fitting.limits import Limit, sequence_limit
from agenttrace.replay.fitting.observed import Floats, Observed, observe_requests
from agenttrace.replay.fitting.origins import Origin, origins
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
    for limited, free, limits in _limited_otherwise(workload.requests, found):
        said.append(_limits_compared(limited, free, *limits))
        apart.append((limited, free))
    if not apart:
        return []
    more = [f"and {len(said) - _SHOWN} more"] if len(said) > _SHOWN else []
    told = "; ".join([*said[:_SHOWN], *more, *([alone] if alone else [])])
    example = f"fit each on its own, this fit is of none of them: {told}"
    return [Caution("not_served_alike", "warning", len({one.name for one, _ in apart}), example)]


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
    told = []
    for origin in found:
        values = left[origin.rows[observed.rows] & np.isfinite(left)]
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


def _limited_otherwise(
    requests: Requests, found: Sequence[Origin]
) -> list[tuple[Origin, Origin, tuple[Limit, Limit]]]:
    """Of servers that are not the same: those that make requests wait where others run more of them at once."""
    enough = [one for one in found if one.workers and int(one.rows.sum()) >= LEAST_REQUESTS]
    limits = [sequence_limit(requests.take(one.rows)) for one in enough] if len(enough) > 1 else []
    pairs = list(zip(enough, limits, strict=False))
    return [
        (one, other, (limit, seen))
        for one, limit in pairs
        for other, seen in pairs
        if limit.identified is Identified.YES and seen.low > limit.value and not one.workers & other.workers
    ]


def _limits_compared(one: Origin, other: Origin, limit: Limit, seen: Limit) -> str:
    return (
        f"a server of {one.name} runs {limit.value} sequences at once at most, one of {other.name} {seen.low}"
    )


def _each_alone(requests: Requests, one: Origin, other: Origin, seed: int) -> str | None:
    """The numbers of which intervals are apart where each origin is fitted alone; None where there are none."""
    fits = [fit_service_times(observe_requests(requests.take(of.rows)), seed) for of in (one, other)]
    told = []
    if all(of.workers for of in (one, other)) and len(one.workers) != len(other.workers):
        told.append(f"workers {len(one.workers)} against {len(other.workers)}")
    for place, (name, (unit, _)) in enumerate(STEP_TIMES.items()):
        mine, theirs = (_interval(fit, place) if fit else (0.0, np.inf) for fit in fits)
        if fits[0] and fits[1] and (mine[0] > _APART * theirs[1] or theirs[0] > _APART * mine[1]):
            values = [float(fit.weights[place]) for fit in fits if fit]
            told.append(f"{name} {_worded(values, unit)}")
    return f"alone, {one.name} against {other.name}: {', '.join(told)}" if told else None


def _interval(fit: ServiceFit, place: int) -> tuple[float, float]:
    low, high = np.quantile(fit.draws[:, place], [0.05, 0.95])
    return float(low), float(high)


def _worded(values: Sequence[float], unit: str) -> str:
    if unit == "ns":
        return " against ".join(format_duration(round(value)) for value in values)
    return f"{' against '.join(f'{value:.4g}' for value in values)} {unit}"
