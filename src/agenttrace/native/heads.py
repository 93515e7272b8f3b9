"""What tells texts apart, as numbers, by a kernel."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.native import library

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]


def heads(texts: pa.LargeStringArray, group: Ints) -> Words | None:
    """Of each text the 8 bytes that follow what all texts of its group begin with, as a number.

    Numbers compare as these bytes do. Bytes beyond a text's end are 0. Groups are numbered from 0. None where there is
    no kernel, or a text is null.
    """
    kernel = library()
    if kernel is None or texts.null_count:
        return None
    count, groups = len(texts), int(group.max(initial=-1)) + 1
    buffers: Any = texts.buffers()
    _, places, content = buffers
    offsets = np.frombuffer(places, np.int64)[texts.offset : texts.offset + count + 1] if count else group
    found, room = np.empty(count, np.uint64), np.empty((2, groups), np.int64)
    function = kernel.agenttrace_heads
    function.restype = None
    group = np.ascontiguousarray(group, np.int64)
    pointer = ctypes.c_void_p
    function(
        pointer(content.address if content is not None else None),
        *(pointer(each.ctypes.data) for each in (offsets, group)),
        *(ctypes.c_int64(each) for each in (count, groups)),
        *(pointer(each.ctypes.data) for each in (room[0], room[1], found)),
    )
    return found
