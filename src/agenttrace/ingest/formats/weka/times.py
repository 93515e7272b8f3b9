"""What the times of subagents mean, which the format's readers take differently and its writers do not say.

Markers state `t` and `duration_ms`. Documents call `t` the spawn; in the published traces it is the end: only
so do all subagents begin where the parent's answer ended, and end before the parent goes on. Times of requests
inside count from the subagent's start, or from the trace's beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agenttrace.ingest.formats.weka.requests import Request, Subagent, markers

_GRAIN_NS = 1_500_000_000
"""Times of requests are whole seconds, rounded either way."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the times of one trace are read."""

    marks_ends: bool
    relative: bool

    def start_ns(self, subagent: Subagent) -> int:
        """When a subagent began, in the time in which its marker is told."""
        if self.marks_ends and subagent.length_ns is not None:
            return max(0, subagent.at_ns - subagent.length_ns)
        return subagent.at_ns


def reading_of(requests: Sequence[Request], subagents: Sequence[Subagent]) -> Reading:
    """The reading that fewer of a trace's own times contradict; the documented one where both do as well."""
    told = list(markers(requests, subagents))
    as_starts = sum(_contradicts(s, s.at_ns, *beside) for s, *beside in told)
    as_ends = sum(_contradicts(s, s.at_ns - (s.length_ns or 0), *beside) for s, *beside in told)
    marks_ends = as_ends < as_starts
    reading = Reading(marks_ends, relative=True)
    votes = sum(_counts_from_its_start(reading, subagent) for subagent, *_ in told)
    return Reading(marks_ends, relative=votes > 0)


def _counts_from_its_start(reading: Reading, subagent: Subagent) -> int:
    """A subagent sends its first request when it begins: 1 if that is near 0, -1 if it is near the start."""
    if not subagent.requests:
        return 0
    first, start = subagent.requests[0].start_ns, reading.start_ns(subagent)
    return (first < abs(first - start)) - (first > abs(first - start))


def _contradicts(subagent: Subagent, start_ns: int, before: Request | None, after: Request | None) -> int:
    """How many of its parent's requests say that an awaited subagent did not run from there."""
    if subagent.length_ns is None or subagent.launched:
        return 0
    early = before is not None and start_ns < before.end_ns - _GRAIN_NS
    late = after is not None and start_ns + subagent.length_ns > after.start_ns + _GRAIN_NS
    return early + late + (start_ns < -_GRAIN_NS if before is None else 0)
