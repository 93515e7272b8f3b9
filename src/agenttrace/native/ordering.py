"""Rows put into an order in C."""

from __future__ import annotations

import numpy as np

from agenttrace.native.calling import Ints, kernel, whole


def order(group: Ints, t: Ints, place: Ints) -> tuple[Ints, Ints] | None:
    """Rows by group, time and place, equals as they stand; and of each, in that order, how many others come before it.

    Others differ in one of the three. None where there is no kernel, or groups are numbers that are far apart.
    """
    call = kernel("order")
    groups = int(group.max(initial=-1)) + 1
    if call is None or groups > 4 * len(group) + 64 or int(group.min(initial=0)) < 0:
        return None
    rows, run = np.empty(len(group), np.int64), np.empty(len(group), np.int64)
    made = call(whole(group), whole(t), whole(place), len(group), groups, rows, run)
    return None if made < 0 else (rows, run)
