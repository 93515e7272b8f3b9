"""The blocks that a virtual server has: those of running requests, and those of prompts that it has kept."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence

BLOCK = 16


class VirtualCache:
    """`capacity` blocks, None without end; of those that nobody holds the one goes first that was used longest ago."""

    def __init__(self, capacity: int | None) -> None:
        self._capacity = capacity
        self._idle: OrderedDict[int, None] = OrderedDict()
        self._held: Counter[int] = Counter()
        self._private = 0

    def take(self, prompt: Sequence[int], total: int) -> int | None:
        """How many leading blocks of a prompt were there; `total` are held now. None where there is no room."""
        hits = 0
        while hits < len(prompt) and (prompt[hits] in self._held or prompt[hits] in self._idle):
            hits += 1
        wanted = set(prompt)
        new = sum(block not in self._held and block not in self._idle for block in prompt)
        over = self._used() + new + total - len(prompt) - (self._capacity or 1 << 60)
        idle = [block for block in self._idle if block not in wanted] if over > 0 else []
        if over > len(idle) and (self._held or self._private):
            return None
        for block in idle[: max(0, over)]:
            del self._idle[block]
        for block in prompt:
            self._idle.pop(block, None)
            self._held[block] += 1
        self._private += total - len(prompt)
        return hits

    def leave(self, prompt: Sequence[int], total: int) -> None:
        """Nobody holds them any more; the end of a prompt goes before its beginning."""
        for block in reversed(prompt):
            self._held[block] -= 1
            if not self._held[block]:
                del self._held[block]
                self._idle[block] = None
        self._private -= total - len(prompt)

    def _used(self) -> int:
        return len(self._idle) + len(self._held) + self._private
