"""Kernels in C for the innermost loops, where there was a compiler: without them all is the same, and slower.

A kernel never decides what is true. Whoever calls one does the same in Python where `library` gives None, and where a
kernel refuses what it is given; both give the same result, which tests hold them to.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
FILE = FOLDER / "kernels.so"
INTERFACE = 3
"""Counts changes of what the kernels are called with; `kernels.h` has the same number."""

SETTING = "AGENTTRACE_NATIVE"
"""Of the environment: "off" does without."""


@cache
def library() -> ctypes.CDLL | None:
    """The kernels; None where they were not built, are those of another version, or are not wanted."""
    if os.environ.get(SETTING) == "off" or not FILE.is_file():
        return None
    try:
        found = ctypes.CDLL(str(FILE))
        return found if found.agenttrace_interface() == INTERFACE else None
    except (OSError, AttributeError):
        return None
