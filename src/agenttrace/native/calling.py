"""Calls of kernels that take numbers and arrays of whole numbers, and return a whole number."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from agenttrace.native import library

Ints: TypeAlias = NDArray[np.int64]
Kernel: TypeAlias = Callable[..., int]
NOTHING = 0
"""Instead of an array: nowhere."""


def kernel(name: str) -> Kernel | None:
    """The kernel of that name; None where there is none.

    Arrays lie in one piece, and are of the types that it reads and writes; see `whole`.
    """
    found = library()
    return None if found is None else _called(found, name)


@cache
def _called(kernels: ctypes.CDLL, name: str) -> Kernel:
    function = getattr(kernels, f"agenttrace_{name}")
    function.restype = ctypes.c_int64

    def call(*arguments: int | NDArray[Any]) -> int:
        passed = [
            ctypes.c_int64(each) if isinstance(each, int) else ctypes.c_void_p(each.ctypes.data)
            for each in arguments
        ]
        made: int = function(*passed)
        return made

    return call


def whole(array: NDArray[Any]) -> Ints:
    """An array as kernels read it."""
    return np.ascontiguousarray(array, np.int64)
