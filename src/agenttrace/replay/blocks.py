"""The KV blocks of one replica: what running requests hold, and what is left of finished ones as a prefix cache.

Blocks of running requests are pinned. What nobody holds is evicted when room is needed, the least recently used
first, and of one prompt the end before the beginning. Where there is a tier below, what is evicted goes there, and
comes back when a prompt asks for it.
"""

from __future__ import annotations

from collections.abc import Sequence

UNLIMITED = 1 << 60


class BlockPool:
    """Counts in blocks. `capacity`: how many there are; None: more than are ever needed."""

    def __init__(
        self, lengths: Sequence[int], capacity: int | None, keep_ns: int | None = None, below: int = 0
    ) -> None:
        """`lengths`: blocks of each segment of prefixes. `keep_ns`: how long unused blocks are kept.

        `below`: blocks of a tier for what is evicted; 0: there is none.
        """
        self._lengths = lengths
        self._bounded = capacity is not None
        self.capacity = UNLIMITED if capacity is None else capacity
        self.pinned = 0
        self.cached = 0
        self.evicted = 0
        self._holders: dict[int, int] = {}
        self._resident: dict[int, int] = {}
        self._idle: dict[int, int] = {}
        self._keep_ns = keep_ns
        self._below: dict[int, int] = {}
        self._below_capacity = below
        self._below_held = 0

    def match(self, path: Sequence[int], now: int) -> int:
        """How many leading blocks of a prompt are here."""
        if self._keep_ns is not None:
            self._expire(now - self._keep_ns)
        found = 0
        for segment in path:
            have = self._resident.get(segment, 0)
            found += have
            if have < self._lengths[segment]:
                break
        return found

    def match_below(self, path: Sequence[int]) -> int:
        """How many blocks of a prompt the tier below has, right behind the leading ones that are here."""
        if not self._below:
            return 0
        found = 0
        for segment in path:
            have = self._resident.get(segment, 0)
            if have == self._lengths[segment]:
                continue
            found += self._below.get(segment, 0)
            if have + self._below.get(segment, 0) < self._lengths[segment]:
                break
        return found

    def drop(self, path: Sequence[int]) -> None:
        """Forgets what nobody holds of these segments, in the tier below too."""
        for segment in path:
            self._below_held -= self._below.pop(segment, 0)
            if segment in self._idle:
                self._lose(segment, self._resident[segment])

    def needs(self, path: Sequence[int]) -> int:
        """How many blocks of it nobody holds yet."""
        return sum(self._lengths[segment] for segment in path if segment not in self._holders)

    def fits(self, path: Sequence[int], private: int) -> bool:
        """Whether it can be held, with `private` blocks besides, if all is evicted that can be."""
        return not self._bounded or self.pinned + self.needs(path) + private <= self.capacity

    def pin(self, path: Sequence[int], private: int) -> None:
        """Holds a prompt's blocks, and `private` ones that no other prompt shares."""
        holders = self._holders
        for segment in path:
            if segment in holders:
                holders[segment] += 1
                continue
            holders[segment] = 1
            self.pinned += self._lengths[segment]
            if segment in self._idle:
                del self._idle[segment]
                self.cached -= self._resident[segment]
            self._resident[segment] = self._lengths[segment]
            self._below_held -= self._below.pop(segment, 0)
        self.pinned += private
        self._make_room()

    def grow(self, private: int) -> None:
        """Holds so many more blocks, for tokens that were generated; fewer if negative."""
        self.pinned += private
        self._make_room()

    def release(self, path: Sequence[int], private: int, now: int) -> None:
        """Lets go of what `pin` and `grow` took; the prompt's blocks stay until they are evicted."""
        holders, idle = self._holders, self._idle
        for segment in reversed(path):
            if holders[segment] > 1:
                holders[segment] -= 1
                continue
            del holders[segment]
            self.pinned -= self._lengths[segment]
            self.cached += self._resident[segment]
            idle[segment] = now
        self.pinned -= private

    def _make_room(self) -> None:
        over = self.pinned + self.cached - self.capacity
        while over > 0 and self._idle:
            over -= self._evict_some(next(iter(self._idle)), over)

    def _evict_some(self, segment: int, blocks: int) -> int:
        gone = self._lose(segment, blocks)
        if self._below_capacity:
            self._put_below(segment, gone)
        return gone

    def _put_below(self, segment: int, blocks: int) -> None:
        self._below[segment] = self._below.pop(segment, 0) + blocks
        self._below_held += blocks
        while self._below_held > self._below_capacity:
            oldest = next(iter(self._below))
            self._below_held -= self._below.pop(oldest)

    def _lose(self, segment: int, blocks: int) -> int:
        have = self._resident[segment]
        gone = min(have, blocks)
        self.cached -= gone
        self.evicted += gone
        if gone == have:
            del self._idle[segment], self._resident[segment]
        else:
            self._resident[segment] = have - gone
        return gone

    def _expire(self, before: int) -> None:
        while self._idle:
            segment = next(iter(self._idle))
            if self._idle[segment] >= before:
                return
            self._evict_some(segment, self._resident[segment])
