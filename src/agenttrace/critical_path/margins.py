"""How much every span could have been later, and how much its session would gain without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, Bools, Ints
from agenttrace.critical_path.drag import find_drag
from agenttrace.critical_path.floats import FOREVER, find_floats
from agenttrace.critical_path.schedule import Schedule


@dataclass(frozen=True, slots=True, eq=False)
class Margins:
    """A row for each span.

    `slack`: how much later its end could have been without making the session longer; FOREVER where nothing
    that counts waits for it. `drag`: what the session would gain if none of the span's own time were spent;
    NONE where that is not known. `round_way`: what the session would gain at most, however much shorter the span
    was with all that is inside it; NONE where what surrounds a span is entangled with what is inside.
    """

    slack: Ints
    drag: Ints
    round_way: Ints

    @property
    def awaited(self) -> Bools:
        """Whether the session's end waits for the end of a span, however late."""
        return self.slack < FOREVER

    @property
    def undecided(self) -> Ints:
        """Spans whose drag is not known."""
        return np.flatnonzero(self.drag == NONE)


def find_margins(schedule: Schedule) -> Margins:
    """The margins of a chunk."""
    if not schedule.graph.nodes.n:
        nothing = np.zeros(0, np.int64)
        return Margins(nothing, nothing, nothing)
    floats = find_floats(schedule)
    drag, round_way = find_drag(floats)
    return Margins(floats.slack(), drag, round_way)
