"""The arrows of a session: where subagents are spawned and joined, and where the path changes lanes."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from agenttrace.report.timeline.timeline import Timeline

Flows = dict[int, tuple[int, ...]]


@dataclass(slots=True)
class Arrows:
    """Numbers of flows by the place of the span, or of the stretch of the path, that they lead from and to."""

    from_span: Flows = field(default_factory=dict)
    to_span: Flows = field(default_factory=dict)
    from_stretch: Flows = field(default_factory=dict)
    to_stretch: Flows = field(default_factory=dict)

    def add_span(self, flow: int, source: int, target: int) -> None:
        """From one span to another."""
        self.from_span[source] = (*self.from_span.get(source, ()), flow)
        self.to_span[target] = (*self.to_span.get(target, ()), flow)


def find_arrows(timeline: Timeline, numbers: Iterator[int]) -> Arrows:
    """Numbers are drawn from `numbers`, so that they differ between sessions.

    Importers take an arrow's beginning before its end: where an agent began before the call that holds it, or
    outlived what its parent did next, there is none.
    """
    arrows = Arrows()
    spans = timeline.spans.select("lane", "start_ns", "end_ns", place=pl.int_range(pl.len()))
    by_lane = {lane[0]: part for lane, part in spans.partition_by("lane", as_dict=True).items()}
    held = timeline.held_by
    starts = spans["start_ns"].to_list()
    for place, lane in enumerate(timeline.lanes):
        own = by_lane.get(place)
        holder = held.get(lane.agent)
        if own is None or holder is None or lane.parent is None:
            continue
        first = own.sort("start_ns", "place")["place"][0]
        if (starts[holder], holder) < (starts[first], first):
            arrows.add_span(next(numbers), holder, first)
        following = None if lane.background else _next_span(by_lane.get(lane.parent), spans["end_ns"][holder])
        if following is not None:
            last = own.sort("end_ns", "place")["place"][-1]
            if (starts[last], last) < (starts[following], following):
                arrows.add_span(next(numbers), last, following)
    lanes = timeline.path["lane"].to_list()
    for place in range(1, len(lanes)):
        if lanes[place] != lanes[place - 1]:
            flow = next(numbers)
            arrows.from_stretch[place - 1] = (*arrows.from_stretch.get(place - 1, ()), flow)
            arrows.to_stretch[place] = (*arrows.to_stretch.get(place, ()), flow)
    return arrows


def _next_span(lane: pl.DataFrame | None, after_ns: int) -> int | None:
    """What an agent did next: its first span that starts no earlier."""
    if lane is None:
        return None
    ordered = lane.sort("start_ns", "place")
    at = bisect_left(ordered["start_ns"].to_list(), after_ns)
    return ordered["place"][at] if at < ordered.height else None
