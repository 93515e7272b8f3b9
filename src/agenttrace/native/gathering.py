"""Pieces of a text copied behind each other by a kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agenttrace.native.calling import Ints, kernel, whole

LARGEST_BYTES = 2**31 - 1
Bytes = NDArray[np.uint8]


def gather(
    text: bytes | memoryview | Bytes, begin: Ints, end: Ints
) -> tuple[NDArray[np.int32], Bytes] | None:
    """Where each piece begins in all of them together, with the end of the last; and these bytes.

    The bounds lie in the text, in any order. None where there is no kernel, or they are more than 2 GiB.
    """
    call = kernel("gather")
    size = int((end - begin).sum())
    if call is None or size > LARGEST_BYTES:
        return None
    offsets, gathered = np.empty(len(begin) + 1, np.int32), np.empty(size, np.uint8)
    source = np.frombuffer(text, np.uint8)
    made = call(source, whole(begin), whole(end), len(begin), offsets, gathered, size)
    return (offsets, gathered) if made == size else None
