"""Events in an order in which each comes after all that it waits for, as wide as possible."""

from __future__ import annotations

import numpy as np

from agenttrace.critical_path.arrays import Ints, counts, expanded, sorting
from agenttrace.native import graphs

FEW = 24
"""So many events are cheaper one by one than as arrays."""

Stage = tuple[int, int, bool]
"""Rows from, to, and whether these are one level; if not, they are to be taken one by one."""


def levels(source: Ints, target: Ints, size: int) -> tuple[Ints, int]:
    """For each node the longest way to it, in edges, and how many levels that makes.

    Nodes on cycles, and what follows them, are on level -1.
    """
    return graphs.levels(source, target, size) or _side_by_side(source, target, size)


def _side_by_side(source: Ints, target: Ints, size: int) -> tuple[Ints, int]:
    """The same without a kernel."""
    order = sorting(source)
    after = target[order]
    width = counts(source, size)
    start = np.cumsum(width) - width
    waits = counts(target, size)
    level_of = np.full(size, -1, np.int64)
    free = np.flatnonzero(waits == 0)
    level = 0
    while len(free):
        level_of[free] = level
        if len(free) > FEW:
            old, place = expanded(width[free])
            reached = after[start[free][old] + place]
            np.subtract.at(waits, reached, 1)
            done = reached[waits[reached] == 0]
            waits[done] = -1
            free = _distinct(done, waits)
            level += 1
        else:
            free, level = _few_free(free, level, (start, width, after, waits, level_of))
    return level_of, level


def _distinct(nodes: Ints, waits: Ints) -> Ints:
    """Each of these once; `waits` is only written to."""
    waits[nodes] = -1 - np.arange(len(nodes))
    found: Ints = nodes[waits[nodes] == -1 - np.arange(len(nodes))]
    return found


def _few_free(free: Ints, level: int, arrays: tuple[Ints, Ints, Ints, Ints, Ints]) -> tuple[Ints, int]:
    """As long as few are free: what then is, and its level."""
    starts, widths, after, waits, level_of = (array.data for array in arrays)
    now = free.tolist()
    while now and len(now) <= FEW:
        following = []
        for node in now:
            level_of[node] = level
            low = starts[node]
            for edge in range(low, low + widths[node]):
                reached = after[edge]
                left = waits[reached] - 1
                waits[reached] = left
                if not left:
                    following.append(reached)
        now = following
        level += 1
    return np.array(now, np.int64), level


def stages(level_of: Ints, count: int) -> list[Stage]:
    """Of nodes sorted by level: wide levels one by one, narrow ones together."""
    found: list[Stage] = []
    if not count:
        return found
    bounds = np.searchsorted(level_of, np.arange(count)).tolist()
    for low, high in zip(bounds, [*bounds[1:], len(level_of)], strict=True):
        if high - low > FEW:
            found.append((low, high, True))
        elif high > low:
            joins = bool(found) and not found[-1][2]
            found.append((found.pop()[0] if joins else low, high, False))
    return found
