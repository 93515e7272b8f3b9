"""What Ctrl-C does. Alone, so that it works before anything else is loaded.

An exception raised in the middle of a library that loads or computes is not always handed on: some turn it into
an error of their own, some print it and go on. So an interrupt ends the process there and then, unless a
file is being written that has to be taken away first.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from agenttrace.cleanups import clean_up

EXIT_CODE = 130


def end_the_program() -> None:
    """From now on an interrupt ends the process; where interrupts are ignored they stay so."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def insist() -> None:
    """To be said once polars is loaded.

    It puts a handler of its own before Python's, after which the system goes on waiting for input instead
    of letting Python see the interrupt.
    """
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, _end)


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    os.write(2, b"error: interrupted\n")
    clean_up()
    os._exit(EXIT_CODE)


@contextmanager
def raised() -> Iterator[None]:
    """Meanwhile an interrupt is a KeyboardInterrupt, so that something can be cleaned up."""
    if signal.getsignal(signal.SIGINT) is not _end:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _end)
