"""Reading without looks for cycles: what a reader makes is many objects, and none of them in a cycle."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def cycles_unsought() -> Iterator[None]:
    """Python looks for cycles whenever many objects are alive; in here it would look at all of them in vain."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
