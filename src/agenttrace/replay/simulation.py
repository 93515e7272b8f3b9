"""Sessions walked through their courses while servers answer their requests: a simulation of discrete events.

A session's next request is sent when all that it waited for is over. Time is in whole nanoseconds and never runs back.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Protocol

from agenttrace.critical_path.arrays import NONE
from agenttrace.replay.itinerary import Itinerary
from agenttrace.replay.load import Arrivals
from agenttrace.replay.outcome import Book, Outcome

_ENDED, _SENT, _WAKE, _HANDED = 0, 1, 2, 3
"""What happens at an instant, in the order in which it counts there."""


class Servers(Protocol):
    """What answers requests. `take` and `wake` return when to wake which server: its number, version and time."""

    def take(self, row: int, now: int) -> tuple[int, int, int] | None:
        """A request arrives."""
        ...

    def receive(self, row: int, now: int) -> tuple[int, int, int] | None:
        """A request that was handed over arrives at its next server."""
        ...

    def wake(self, server: int, version: int, now: int) -> tuple[int, int, int] | None:
        """It is time for a server; nothing happens if the version is not the last one."""
        ...


class Simulation:
    """One run. Servers tell it of instants in the course of requests by `reach`."""

    def __init__(self, itinerary: Itinerary, arrivals: Arrivals, requests: int, overhead_ns: int = 0) -> None:
        """`overhead_ns`: from sending a request to when a server has it."""
        self._overhead_ns = overhead_ns
        self.book = Book(len(itinerary.start), requests)
        self.now = 0
        self._arrivals = arrivals
        self._after, self._start = itinerary.followers, itinerary.start.tolist()
        self._request, self._session = itinerary.request.tolist(), itinerary.session.tolist()
        self._waits = itinerary.waits.tolist()
        self._time = [0] * len(itinerary.waits)
        self._events: list[tuple[int, int, int, int]] = []
        self._next = 0

    def run(self, make: Callable[[Simulation], Servers]) -> Outcome:
        """Plays all sessions to their end."""
        servers = make(self)
        lanes = self._arrivals.lanes or len(self._arrivals.order)
        for _ in range(min(lanes, len(self._arrivals.order))):
            self._begin_session(0)
        events = self._events
        while events:
            now, what, one, other = heappop(events)
            self.now = now
            if what == _SENT:
                due = servers.take(one, now)
            elif what == _WAKE:
                due = servers.wake(one, other, now)
            elif what == _HANDED:
                due = servers.receive(one, now)
            else:
                self._begin_session(now)
                continue
            if due is not None:
                heappush(events, (due[2], _WAKE, due[0], due[1]))
        return self.book.outcome()

    def _begin_session(self, now: int) -> None:
        """The next session in line begins now, or when it comes."""
        place = self._next
        if place == len(self._arrivals.order):
            return
        self._next += 1
        session = self._arrivals.order[place]
        at = max(now, self._arrivals.at[place])
        self.book.start[session] = at
        self._pass(self._start[session], at)

    def hand_over(self, row: int, at: int) -> None:
        """A request is on its way from one server to another, where it arrives at `at`."""
        heappush(self._events, (at, _HANDED, row, 0))

    def reach(self, point: int, at: int) -> None:
        """One of the things that a point waits for is over."""
        waits, times = self._waits, self._time
        times[point] = max(times[point], at)
        waits[point] -= 1
        if not waits[point]:
            self._pass(point, times[point])

    def _pass(self, point: int, at: int) -> None:
        """All that a point waited for is over: what follows is reached."""
        waits, times = self._waits, self._time
        passed = [(point, at)]
        while passed:
            point, at = passed.pop()
            row, session = self._request[point], self._session[point]
            if row != NONE:
                self.book.sent[row] = at
                heappush(self._events, (max(at, self.now) + self._overhead_ns, _SENT, row, 0))
            elif session != NONE:
                self.book.end[session] = at
                if self._arrivals.lanes:
                    heappush(self._events, (max(at, self.now), _ENDED, session, 0))
            for target, delay in self._after[point]:
                times[target] = max(times[target], at + delay)
                waits[target] -= 1
                if not waits[target]:
                    passed.append((target, times[target]))
