"""Pieces of work that say that they are short, and what to do with them, in a module that workers find."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Short:
    """A number; `process`: the only one in which anything is to go wrong with it, where one is named."""

    number: int
    takes_s: float = 0.0
    breaks_in: int | None = None
    is_short: ClassVar[bool] = True


def done(piece: Short) -> tuple[int, int]:
    """Its number, and the process that did it. Raises ValueError in the process where it breaks."""
    time.sleep(piece.takes_s)
    if piece.breaks_in == os.getpid():
        message = f"piece {piece.number}"
        raise ValueError(message)
    return piece.number, os.getpid()


def say_nothing_any_more(_: object) -> None:
    """Whatever this process sends from now on fails, and not because of its pipe."""

    def fail(*_: object) -> None:
        raise MemoryError

    Connection.send_bytes = fail  # type: ignore[assignment,method-assign]


def process_of(_: object) -> int:
    """The process that does it."""
    return os.getpid()
