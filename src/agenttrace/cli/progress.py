"""A sign of life on standard error while something takes longer than a second, for whoever watches."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

_PATIENCE_S = 1.0
_BEAT_S = 0.5
_BAR = 24

Result = TypeVar("Result")


class Sign:
    """What is being done, since when, and how much of it is done where that is known."""

    def __init__(self, what: str) -> None:
        """It begins now."""
        self._what, self._began = what, time.monotonic()
        self._done = self._all = 0

    def each(self, results: Iterable[Result], of: int) -> Iterator[Result]:
        """The results, counted: so many there will be."""
        self._done, self._all = 0, of
        for result in results:
            self._done += 1
            yield result
        self._all = 0

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._began

    @property
    def line(self) -> str:
        """As it is shown, with a bar where there is something to count."""
        said = f"{self._what} … {self.seconds:.0f} s"
        done, of = self._done, self._all
        if of < 2:
            return said
        full = _BAR * done // of
        return f"{said} {'━' * full}{'─' * (_BAR - full)} {done} of {of}"


@contextmanager
def working(what: str, *, quiet: bool, verbose: bool) -> Iterator[Sign]:
    """Shows `what` with the seconds gone by; with `verbose`, says at the end how long it took."""
    shown = Sign(what)
    done = threading.Event()
    thread = None
    if not quiet and _is_watched():
        thread = threading.Thread(target=_show, args=(shown, done), daemon=True)
        thread.start()
    try:
        yield shown
    finally:
        done.set()
        if thread is not None:
            thread.join()
    if verbose:
        sys.stderr.write(f"{what}: {shown.seconds:.2f} s\n")


def _is_watched() -> bool:
    return sys.stderr.isatty()


def _show(shown: Sign, done: threading.Event) -> None:
    if done.wait(_PATIENCE_S):
        return
    while True:
        sys.stderr.write(f"\r{shown.line}\x1b[K")
        sys.stderr.flush()
        if done.wait(_BEAT_S):
            break
    sys.stderr.write("\r\x1b[K")
    sys.stderr.flush()
