"""A sign of life on standard error while something takes longer than a second, for whoever watches."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_PATIENCE_S = 1.0
_BEAT_S = 0.5


@contextmanager
def working(what: str, *, quiet: bool, verbose: bool) -> Iterator[None]:
    """Shows `what` with the seconds gone by; with `verbose`, says at the end how long it took."""
    started = time.monotonic()
    done = threading.Event()
    sign = None
    if not quiet and _is_watched():
        sign = threading.Thread(target=_show, args=(what, started, done), daemon=True)
        sign.start()
    try:
        yield
    finally:
        done.set()
        if sign is not None:
            sign.join()
    if verbose:
        sys.stderr.write(f"{what}: {time.monotonic() - started:.2f} s\n")


def _is_watched() -> bool:
    return sys.stderr.isatty()


def _show(what: str, started: float, done: threading.Event) -> None:
    if done.wait(_PATIENCE_S):
        return
    while True:
        sys.stderr.write(f"\r{what} … {time.monotonic() - started:.0f} s")
        sys.stderr.flush()
        if done.wait(_BEAT_S):
            break
    sys.stderr.write("\r\x1b[K")
    sys.stderr.flush()
