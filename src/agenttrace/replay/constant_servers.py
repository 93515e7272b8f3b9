"""Servers that take the time that they are told for each request, whatever else they do."""

from __future__ import annotations

from agenttrace.critical_path.arrays import Ints
from agenttrace.replay.itinerary import Itinerary
from agenttrace.replay.simulation import Simulation


class ConstantServers:
    """`to_first`, `to_end`: how long after it was sent the first token of a request comes, and its end, ns.

    What hangs on an instant inside a request moves with the part of the time that it lies in; where the times are
    those that were recorded, so are all instants.
    """

    def __init__(
        self,
        simulation: Simulation,
        itinerary: Itinerary,
        recorded: tuple[Ints, Ints],
        wanted: tuple[Ints, Ints],
    ) -> None:
        self._simulation, self._itinerary = simulation, itinerary
        self._was = [times.tolist() for times in recorded]
        self._takes = [times.tolist() for times in wanted]

    def take(self, row: int, now: int) -> None:
        """All that follows is known at once."""
        book, sent = self._simulation.book, self._simulation.book.sent[row]
        was_first, was_end = self._was[0][row], self._was[1][row]
        to_first, to_end = self._takes[0][row], self._takes[1][row]
        book.admitted[row], book.first[row], book.done[row] = now, sent + to_first, sent + to_end
        same = to_first == was_first and to_end == was_end
        for point, offset, share in self._itinerary.hangs[row]:
            if same:
                after = offset
            elif offset >= was_first:
                after = to_first + round(share * (to_end - to_first))
            else:
                after = round(to_first * offset / was_first)
            self._simulation.reach(point, sent + after)

    def receive(self, row: int, now: int) -> None:
        """Nothing is ever handed over."""

    def wake(self, server: int, version: int, now: int) -> None:
        """Nothing ever has to be woken."""
