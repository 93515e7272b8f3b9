"""Where a record stands, in one number, for there is one with every record; and who is told of it."""

from __future__ import annotations

from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

LINE_BITS = 40
LINE_MASK = (1 << LINE_BITS) - 1


def first_place(source: int) -> int:
    """The place before line 1 of the source of that number; the line is added to it."""
    return source << LINE_BITS


def source_of(place: int) -> int:
    """The number of the source."""
    return place >> LINE_BITS


def line_of(place: int) -> int:
    """The line in its source, from 1."""
    return place & LINE_MASK


class Recorders:
    """The recorders of sources that are read together, each for what stands in its own."""

    def __init__(self) -> None:
        """None yet."""
        self.all: list[Recorder] = []

    def at(self, place: int) -> Recorder:
        """The recorder of the source in which that place is."""
        return self.all[place >> LINE_BITS]

    def finding(
        self, code: str, severity: Severity, example: str, place: int, *, whole: bool = False
    ) -> None:
        """Counts a finding at its place; `whole`: it is about the source rather than a line of it."""
        line = None if whole else place & LINE_MASK
        self.all[place >> LINE_BITS].finding(code, severity, example, line=line)
