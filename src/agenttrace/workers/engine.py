"""What does work over pieces, and the engine that does it here."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Piece = TypeVar("Piece")
Result = TypeVar("Result")


class Engine(Protocol):
    """Does work over pieces, one here or several at once elsewhere. To be closed."""

    @property
    def jobs(self) -> int:
        """How many pieces are worked on at once."""
        ...

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """What `work` makes of each piece, in their order; a piece is asked for only when there is room for it.

        `work` is a function of a module, and pieces and results can be pickled. What it raises is raised here.
        """
        ...

    def close(self) -> None:
        """Ends what was begun for it, at once. Used again, it begins again."""
        ...


def is_short(piece: object) -> bool:
    """Whether a piece says (`is_short`) that it takes a fraction of a second.

    Whoever gives such pieces out may work on one meanwhile, for nobody waits long for the next.
    """
    return bool(getattr(piece, "is_short", False))


class InThisProcess:
    """Does it here, piece after piece."""

    jobs = 1

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """What `work` makes of each piece."""
        return map(work, pieces)

    def close(self) -> None:
        """Nothing was begun."""


def usable_cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
