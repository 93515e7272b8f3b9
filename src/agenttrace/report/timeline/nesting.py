"""Spans inside other spans of their lane: one bar stands for all of them, in the phases of what is innermost.

A client's request that holds the server's view of it, a compaction that holds its request, a call that holds a wait for
the user: what people see is the outermost span, and whatever goes on in it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import polars as pl

Slice = tuple[int, int, int, int]
"""Depth, start, end, and a code of its phase."""


def outermost(parents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each place that of the outermost span around it, and how deep it lies; `parents` ends in itself."""
    outer, depth = parents.copy(), (parents != np.arange(len(parents))).astype(np.int64)
    while True:
        above = outer[outer]
        if np.array_equal(above, outer):
            return outer, depth
        depth = depth + depth[outer]
        outer = above


def innermost_slices(slices: Sequence[Slice]) -> Iterator[tuple[int, int, int]]:
    """Start, end and phase of what is deepest at every instant, in order; of equally deep ones the latest."""
    ordered = sorted(slices, key=lambda one: one[1])
    edges = sorted({edge for _, start, end, _ in slices for edge in (start, end)})
    running: list[tuple[int, int, int, int]] = []
    told: tuple[int, int, int] | None = None
    at = 0
    for begin, finish in pairwise(edges):
        while at < len(ordered) and ordered[at][1] <= begin:
            depth, start, end, phase = ordered[at]
            heapq.heappush(running, (-depth, -start, end, phase))
            at += 1
        while running and running[0][2] <= begin:
            heapq.heappop(running)
        phase_now = running[0][3] if running else None
        if told and told[2] == phase_now and told[1] == begin:
            told = told[0], finish, told[2]
            continue
        if told:
            yield told
        told = (begin, finish, phase_now) if phase_now is not None else None
    if told:
        yield told


def flattened(slices: pl.DataFrame, outer: np.ndarray, depth: np.ndarray) -> pl.DataFrame:
    """The slices with those of outermost spans replaced by what is innermost in them.

    `slices` has `place`, `phase` (an enumeration), `start_ns` and `end_ns`; so has the result, by place and start.
    """
    place = slices["place"].to_numpy()
    holders = np.zeros(len(outer), np.bool_)
    holders[outer[depth > 0]] = True
    nested = holders[outer[place]]
    kept = slices.filter(pl.Series(~(holders & (depth == 0))[place]))
    codes = slices["phase"].to_physical().to_numpy()
    groups: dict[int, list[Slice]] = {}
    starts, ends = slices["start_ns"].to_list(), slices["end_ns"].to_list()
    for row in np.flatnonzero(nested).tolist():
        inside = (int(depth[place[row]]), starts[row], ends[row], int(codes[row]))
        groups.setdefault(int(outer[place[row]]), []).append(inside)
    made = [(top, *one) for top, members in groups.items() for one in innermost_slices(members)]
    columns = ("place", "start_ns", "end_ns", "code")
    frame = pl.DataFrame(made, schema=dict.fromkeys(columns, pl.Int64), orient="row")
    phase = frame["code"].cast(pl.UInt8).cat.to(slices.schema["phase"])
    flat = frame.select("place", phase.alias("phase"), "start_ns", "end_ns")
    return pl.concat([kept, flat]).sort("place", "start_ns")
