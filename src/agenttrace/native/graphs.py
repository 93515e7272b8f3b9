"""Directed graphs and forests in C: the loops over edges that have to be taken one after the other.

Each gives None where there is no kernel, or no room for its work.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agenttrace.native.calling import NOTHING, Ints, kernel, whole


def levels(source: Ints, target: Ints, size: int) -> tuple[Ints, int] | None:
    """As `levels` in `critical_path/levels.py`."""
    call = kernel("levels")
    if call is None:
        return None
    level_of = np.empty(size, np.int64)
    count = call(whole(source), whole(target), len(source), size, level_of)
    return None if count < 0 else (level_of, count)


def by_level(source: Ints, target: Ints, level_of: Ints, count: int) -> tuple[Ints, Ints, Ints, Ints] | None:
    """What edges lead to, by level and number, from 1 on; its place, of every node, 0 for others.

    Besides the edges by the place of their target: where those of each begin, with a 0 before and an end behind, and
    the place of each source, which is a node, or -1 for what has place 0.
    """
    call = kernel("by_level")
    if call is None:
        return None
    size, edges = len(level_of), len(source)
    event, at = np.empty(size, np.int64), np.empty(size, np.int64)
    first, places = np.empty(size + 2, np.int64), np.empty(edges, np.int64)
    made = call(whole(source), whole(target), edges, whole(level_of), count, size, event, at, first, places)
    return None if made < 0 else (event[:made].copy(), at, first[: made + 2].copy(), places)


def walks(step: Ints, ends: Ints) -> tuple[Ints, Ints] | None:
    """From each end back over `step` to -1: how long each way is, and the nodes of all, each from its start on."""
    call = kernel("walks")
    if call is None:
        return None
    length = np.empty(len(ends), np.int64)
    step, ends = whole(step), whole(ends)
    node = np.empty(call(step, ends, len(ends), length, NOTHING), np.int64)
    call(step, ends, len(ends), length, node)
    return length, node


def crossed(parent: Ints, one: Ints, other: Ints) -> NDArray[np.bool_] | None:
    """Rows of a forest with exactly one of `one` and `other` in their subtree, for any of these pairs."""
    call = kernel("crossed")
    if call is None:
        return None
    found = np.empty(len(parent), np.bool_)
    made = call(whole(parent), len(parent), whole(one), whole(other), len(one), found)
    return None if made < 0 else found
