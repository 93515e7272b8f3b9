"""A course as the simulation walks it, made once for any number of simulations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import NONE, NULL, Ints
from agenttrace.replay.ragged import grouped, parted
from agenttrace.replay.workload import Workload


@dataclass(frozen=True, eq=False)
class Itinerary:
    """`waits`: how many things each point waits for. `request`, `session`: what begins or ends there, NONE: nothing.

    What follows a point is `after[after_first[i]:after_first[i + 1]]`, each `delay` ns after it. On a request hang
    the points `hang_point[hang_first[i]:hang_first[i + 1]]`: `hang_offset`, the instant as recorded (ns after its
    start), and `hang_share`, the share of its time from the first token to the end: at most 0 for what comes before
    the first token, 1 for its end. `start`: of each session the point at which it begins.
    """

    after_first: Ints
    after: Ints
    delay: Ints
    waits: Ints
    request: Ints
    session: Ints
    start: Ints
    hang_first: Ints
    hang_point: Ints
    hang_offset: Ints
    hang_share: NDArray[np.float64]

    @cached_property
    def followers(self) -> Sequence[Sequence[tuple[int, int]]]:
        """Of each point what follows it, and how long after it."""
        return parted(self.after_first, zip(self.after.tolist(), self.delay.tolist(), strict=True))

    @cached_property
    def hangs(self) -> Sequence[Sequence[tuple[int, int, float]]]:
        """Of each request what hangs on it: the point, its instant, its share."""
        columns = self.hang_point.tolist(), self.hang_offset.tolist(), self.hang_share.tolist()
        return parted(self.hang_first, zip(*columns, strict=True))


def plan_itinerary(workload: Workload) -> Itinerary:
    """The itinerary of a workload."""
    course = workload.course
    after_first, after = grouped(course.source, course.size)
    hang_first, hangs = grouped(course.of, len(workload.requests))
    return Itinerary(
        after_first=after_first,
        after=course.target[after],
        delay=course.delay[after],
        waits=np.bincount(course.target, minlength=course.size)
        + np.bincount(course.hangs, minlength=course.size),
        request=_numbers(course.size, course.sent),
        session=_numbers(course.size, course.end),
        start=course.start,
        hang_first=hang_first,
        hang_point=course.hangs[hangs],
        hang_offset=course.offset[hangs],
        hang_share=_shares(workload)[hangs],
    )


def _numbers(size: int, points: Ints) -> Ints:
    number = np.full(size, NONE, np.int64)
    number[points] = np.arange(len(points))
    return number


def _shares(workload: Workload) -> NDArray[np.float64]:
    """Where in the time from the first token to the end an instant lies; in the whole time where that is unknown."""
    course, requests = workload.course, workload.requests
    first = np.where(requests.first_token == NULL, requests.start, requests.first_token)[course.of]
    end, at = requests.end[course.of], requests.start[course.of] + course.offset
    share = (at - first) / np.maximum(end - first, 1)
    return np.where(at >= end, 1.0, np.minimum(share, 1.0))
