"""How much two stretches of numbers have in common from their beginning, by a kernel."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray

from agenttrace.native import library

Ints = NDArray[np.int64]


def common(numbers: NDArray[np.uint64], one: Ints, other: Ints, most: Ints) -> Ints:
    """Of each pair of stretches, which begin at `one` and `other`, how many are the same, `most` at most.

    Takes a kernel: there has to be one.
    """
    kernel = library()
    assert kernel is not None  # noqa: S101  # as it says
    arrays = [np.ascontiguousarray(each, np.int64) for each in (one, other, most)]
    same = np.zeros(len(one), np.int64)
    function = kernel.agenttrace_common
    function.restype, pointer = None, ctypes.c_void_p
    function.argtypes = (pointer, pointer, pointer, pointer, ctypes.c_int64, pointer)
    begin, second, limit = (each.ctypes.data for each in arrays)
    function(numbers.ctypes.data, begin, second, limit, len(one), same.ctypes.data)
    return same
