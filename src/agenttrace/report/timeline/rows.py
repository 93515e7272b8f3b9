"""Which row of its lane a span is drawn in: the highest one that is free when it starts."""

from __future__ import annotations

import heapq
from collections.abc import Sequence


def free_rows(starts: Sequence[int], ends: Sequence[int]) -> list[int]:
    """For each interval a row, from 0, in which no other one overlaps it; `starts` ascend.

    An interval that begins where another one ends may follow it in the same row.
    """
    running: list[tuple[int, int]] = []
    free: list[int] = []
    rows: list[int] = []
    used = 0
    for start, end in zip(starts, ends, strict=True):
        while running and running[0][0] <= start:
            heapq.heappush(free, heapq.heappop(running)[1])
        if free:
            row = heapq.heappop(free)
        else:
            row, used = used, used + 1
        heapq.heappush(running, (end, row))
        rows.append(row)
    return rows
