"""A course as the simulation walks it: lists instead of arrays, made once for any number of simulations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, NULL, Ints
from agenttrace.replay.workload import Workload

_PLACES = 1 << 20
"""An instant within a request is known to this part of its decode."""


@dataclass(frozen=True, slots=True, eq=False)
class Itinerary:
    """`after`: of each point what follows it, and how long after it. `waits`: how many things it waits for.

    `request`, `session`: what begins or ends at a point, NONE if nothing does. `hangs`: of each request the
    points that hang on it, with the instant as recorded (ns after its start) and as a share of its time from the
    first token to the end: at most 0 for what comes before the first token, 1 for its end.
    """

    after: Sequence[Sequence[tuple[int, int]]]
    waits: list[int]
    request: list[int]
    session: list[int]
    start: list[int]
    hangs: Sequence[Sequence[tuple[int, int, float]]]


def plan_itinerary(workload: Workload) -> Itinerary:
    """The itinerary of a workload."""
    course, requests = workload.course, workload.requests
    after: list[tuple[tuple[int, int], ...]] = [()] * course.size
    for source, target, delay in zip(
        course.source.tolist(), course.target.tolist(), course.delay.tolist(), strict=True
    ):
        after[source] += ((target, delay),)
    waits = np.bincount(course.target, minlength=course.size) + np.bincount(
        course.hangs, minlength=course.size
    )
    hangs: list[tuple[tuple[int, int, float], ...]] = [()] * len(requests)
    shares = _shares(workload)
    for point, row, offset, share in zip(
        course.hangs.tolist(), course.of.tolist(), course.offset.tolist(), shares.tolist(), strict=True
    ):
        hangs[row] += ((point, offset, share),)
    return Itinerary(
        after=after,
        waits=waits.tolist(),
        request=_numbers(course.size, course.sent),
        session=_numbers(course.size, course.end),
        start=course.start.tolist(),
        hangs=hangs,
    )


def _numbers(size: int, points: Ints) -> list[int]:
    number = np.full(size, NONE, np.int64)
    number[points] = np.arange(len(points))
    return number.tolist()


def _shares(workload: Workload) -> np.ndarray:
    """Where in the time from the first token to the end an instant lies; in the whole time where that is unknown."""
    course, requests = workload.course, workload.requests
    first = np.where(requests.first_token == NULL, requests.start, requests.first_token)[course.of]
    end, at = requests.end[course.of], requests.start[course.of] + course.offset
    share = (at - first) / np.maximum(end - first, 1)
    return np.where(at >= end, 1.0, np.minimum(share, 1.0))
