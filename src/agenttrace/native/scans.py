"""What is known from all that comes before, place after place, in C."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agenttrace.native.calling import Ints, kernel, whole


def running_last(at: NDArray[np.bool_]) -> Ints | None:
    """For each position the last one up to it where `at` holds, -1 before the first; None where there is no kernel."""
    call = kernel("running_last")
    if call is None:
        return None
    last = np.empty(len(at), np.int64)
    call(np.ascontiguousarray(at, np.bool_), len(at), last)
    return last


def least_past(low: Ints, high: Ints, value: Ints, windows: tuple[Ints, Ints], least: Ints) -> bool:
    """The least value of the stretches that begin before each window and end beyond it, where `least` is not less.

    Windows have their first and last places. Says whether there is a kernel.
    """
    call = kernel("least_past")
    if call is None:
        return False
    size = 1 + int(max(high.max(initial=0), windows[1].max(initial=0)))
    first, last = windows
    stretches = whole(low), whole(high), whole(value), len(low)
    return call(*stretches, whole(first), whole(last), len(first), size, least) == 0
