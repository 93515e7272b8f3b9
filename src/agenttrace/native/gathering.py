"""Pieces of a text copied behind each other by a kernel."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray

from agenttrace.native import library

LARGEST_BYTES = 2**31 - 1
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


def gather(
    text: bytes | memoryview | Bytes, begin: Ints, end: Ints
) -> tuple[NDArray[np.int32], Bytes] | None:
    """Where each piece begins in all of them together, with the end of the last; and these bytes.

    The bounds lie in the text, in any order. None where there is no kernel, or they are more than 2 GiB.
    """
    kernel = library()
    size = int((end - begin).sum())
    if kernel is None or size > LARGEST_BYTES:
        return None
    offsets, gathered = np.empty(len(begin) + 1, np.int32), np.empty(size, np.uint8)
    source = np.frombuffer(text, np.uint8)
    begin, end = np.ascontiguousarray(begin, np.int64), np.ascontiguousarray(end, np.int64)
    function = kernel.agenttrace_gather
    function.restype = ctypes.c_int64
    arguments = (source, begin, end, len(begin), offsets, gathered, size)
    pointers = [
        ctypes.c_int64(each) if isinstance(each, int) else ctypes.c_void_p(each.ctypes.data)
        for each in arguments
    ]
    return (offsets, gathered) if function(*pointers) == size else None
