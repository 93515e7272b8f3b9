"""What Ctrl-C does, and whoever asks the program to end. Alone, so that it works before anything else is loaded.

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

_USUAL = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
"""What is done about each where nobody asked for anything else."""


def end_the_program() -> None:
    """From now on an interrupt ends the process; where interrupts are ignored they stay so."""
    for number, usual in _USUAL.items():
        if signal.getsignal(number) is usual:
            signal.signal(number, _end)


def insist() -> None:
    """To be said once polars is loaded.

    It puts a handler of its own before Python's, after which the system goes on waiting for input instead
    of letting Python see the interrupt.
    """
    for number in _ending():
        signal.signal(number, _end)


def _ending() -> list[signal.Signals]:
    return [number for number in _USUAL if signal.getsignal(number) is _end]


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    os.write(2, b"error: interrupted\n")
    clean_up()
    os._exit(EXIT_CODE)


@contextmanager
def raised() -> Iterator[None]:
    """Meanwhile an interrupt is a KeyboardInterrupt, so that something can be cleaned up."""
    ending = _ending()
    for number in ending:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in ending:
            signal.signal(number, _end)
