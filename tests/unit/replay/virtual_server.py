"""A server and a clock that pass no real time: what agents meet on it is known to the nanosecond."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from unit.replay.virtual_cache import BLOCK, VirtualCache

MS = 1_000_000


class Clock:
    """Calls what is due, in the order of time."""

    def __init__(self) -> None:
        self.now = 0
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def after(self, delay: int, call: Callable[[], None]) -> None:
        """Calls it so many ns from now."""
        heappush(self._due, (self.now + delay, self._count, call))
        self._count += 1

    def run(self) -> None:
        """Until nothing is due any more."""
        while self._due:
            self.now, _, call = heappop(self._due)
            call()


@dataclass
class Asked:
    """A request of an agent on its way through a server, with the instants that a trace tells of it, ns."""

    agent: str
    prompt: int
    answer: int
    blocks: Sequence[int]
    done: Callable[[], None]
    cached: int = 0
    received: int = 0
    admitted: int = 0
    first: int = 0
    end: int = 0
    made: int = 0
    worker: int = 7

    @property
    def total_blocks(self) -> int:
        """Of the prompt and the answer."""
        return -(-(self.prompt + self.answer) // BLOCK)


@dataclass
class VirtualServer:
    """One replica with `places` and a cache; all of its times are `slower` times those of the law below."""

    clock: Clock
    places: int
    slower: float = 1.0
    cache: VirtualCache = field(default_factory=lambda: VirtualCache(None))
    _waiting: deque[Asked] = field(default_factory=deque)
    _running: list[Asked] = field(default_factory=list)
    _busy: bool = False

    def ask(self, asked: Asked) -> None:
        """Takes a request."""
        asked.received = self.clock.now
        self._waiting.append(asked)
        if not self._busy:
            self._step()

    @property
    def load(self) -> int:
        """Requests that wait and run."""
        return len(self._waiting) + len(self._running)

    def _step(self) -> None:
        """One token for each that runs, and the whole prompts of those that come in."""
        new = []
        while self._waiting and len(self._running) < self.places:
            asked = self._waiting[0]
            hits = self.cache.take(asked.blocks, asked.total_blocks)
            if hits is None:
                break
            self._waiting.popleft()
            asked.cached = min(hits, (asked.prompt - 1) // BLOCK) * BLOCK
            asked.admitted = self.clock.now
            self._running.append(asked)
            new.append(asked)
        self._busy = bool(self._running)
        if not self._busy:
            return
        old = [asked for asked in self._running if asked.made]
        took = 0.0
        if old:
            took += 5.8 + 2e-4 * sum(asked.prompt + asked.made for asked in old)
        if new:
            took += 15 + 0.015 * sum(asked.prompt - asked.cached for asked in new)
        self.clock.after(round(took * self.slower * MS), self._over)

    def _over(self) -> None:
        now = self.clock.now
        ended = []
        for asked in self._running:
            asked.made += 1
            asked.first = asked.first or now
            if asked.made >= asked.answer:
                asked.end = now
                self.cache.leave(asked.blocks, asked.total_blocks)
                ended.append(asked)
        self._running = [asked for asked in self._running if not asked.end]
        self._busy = False
        for asked in ended:
            self.clock.after(0, asked.done)
        self.clock.after(0, self._go_on)

    def _go_on(self) -> None:
        if not self._busy:
            self._step()


class VirtualServers:
    """Several of them: an agent's requests stay with the one that had least to do when it came."""

    def __init__(self, clock: Clock, replicas: int, places: int, slower: float, blocks: int | None) -> None:
        self.clock = clock
        self._replicas = [VirtualServer(clock, places, slower, VirtualCache(blocks)) for _ in range(replicas)]
        self._chosen: dict[str, int] = {}

    def ask(self, asked: Asked) -> None:
        """Takes a request."""
        if asked.agent not in self._chosen:
            self._chosen[asked.agent] = min(
                range(len(self._replicas)), key=lambda each: self._replicas[each].load
            )
        asked.worker = self._chosen[asked.agent]
        self._replicas[asked.worker].ask(asked)
