"""The KV blocks of one replica: what running requests hold, and what is left of finished ones as a prefix cache.

Blocks of running requests are pinned. What nobody holds is evicted when room is needed, the least recently used
first, and of one prompt the end before the beginning. Where there is a tier below, what is evicted goes there, and
comes back when a prompt asks for it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

UNLIMITED = 1 << 60


class Whereabouts:
    """Which of several pools have a segment, so that not all of them need be asked.

    `whole`: of each segment the pools that have all of it, a bit for each. `part`: of the few that are partly
    evicted somewhere, how many blocks are left in which pool.
    """

    __slots__ = ("part", "whole")

    def __init__(self) -> None:
        self.whole: dict[int, int] = {}
        self.part: dict[int, dict[int, int]] = {}


class BlockPool:
    """Counts in blocks. `capacity`: how many there are; None: more than are ever needed."""

    def __init__(
        self,
        lengths: Sequence[int],
        capacity: int | None,
        keep_ns: int | None = None,
        below: int = 0,
        among: tuple[Whereabouts, int] | None = None,
    ) -> None:
        """`lengths`: blocks of each segment of prefixes. `keep_ns`: how long unused blocks are kept.

        `below`: blocks of a tier for what is evicted; 0: there is none. `among`: where it says what it has, and its
        number there.
        """
        self.lengths = lengths
        self.whereabouts, self._number = among or (Whereabouts(), 0)
        self._bit = 1 << self._number
        self.forgets = keep_ns is not None
        self._bounded = capacity is not None
        self.capacity = UNLIMITED if capacity is None else capacity
        self.pinned = 0
        self.cached = 0
        self._holders: dict[int, int] = {}
        self._resident: dict[int, int] = {}
        self._idle: OrderedDict[int, int] = OrderedDict()  # a dict would look past all that left its front
        self._keep_ns = keep_ns
        self._below: dict[int, int] = {}
        self._below_capacity = below
        self._below_held = 0

    def match(self, path: Sequence[int], now: int) -> int:
        """How many leading blocks of a prompt are here."""
        if self.forgets:
            self.expire(now)
        found = 0
        for segment in path:
            have = self._resident.get(segment, 0)
            found += have
            if have < self.lengths[segment]:
                break
        return found

    def match_below(self, path: Sequence[int]) -> int:
        """How many blocks of a prompt the tier below has, right behind the leading ones that are here."""
        if not self._below:
            return 0
        found = 0
        for segment in path:
            have = self._resident.get(segment, 0)
            if have == self.lengths[segment]:
                continue
            found += self._below.get(segment, 0)
            if have + self._below.get(segment, 0) < self.lengths[segment]:
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
        return sum(self.lengths[segment] for segment in path if segment not in self._holders)

    def fits(self, path: Sequence[int], private: int, blocks: int = UNLIMITED) -> bool:
        """Whether it can be held, with `private` blocks besides, if all is evicted that can be.

        `blocks`: those of it in sum, where that is known.
        """
        room = self.capacity - self.pinned - private
        return not self._bounded or blocks <= room or self.needs(path) <= room

    def pin(self, path: Sequence[int], private: int) -> None:
        """Holds a prompt's blocks, and `private` ones that no other prompt shares."""
        holders, resident, idle, lengths = self._holders, self._resident, self._idle, self.lengths
        whole, part = self.whereabouts.whole, self.whereabouts.part
        for segment in path:
            if segment in holders:
                holders[segment] += 1
                continue
            holders[segment] = 1
            length = lengths[segment]
            self.pinned += length
            if idle.pop(segment, None) is not None:
                self.cached -= resident[segment]
            if resident.get(segment) != length:
                resident[segment] = length
                whole[segment] = whole.get(segment, 0) | self._bit
                if segment in part:
                    part[segment].pop(self._number, None)
                if self._below:
                    self._below_held -= self._below.pop(segment, 0)
        self.pinned += private
        if self.pinned + self.cached > self.capacity:
            self._make_room()

    def grow(self, private: int) -> None:
        """Holds so many more blocks, for tokens that were generated; fewer if negative."""
        self.pinned += private
        if self.pinned + self.cached > self.capacity:
            self._make_room()

    def release(self, path: Sequence[int], private: int, now: int) -> None:
        """Lets go of what `pin` and `grow` took; the prompt's blocks stay until they are evicted."""
        holders, idle, lengths = self._holders, self._idle, self.lengths
        freed = 0
        for segment in reversed(path):
            if holders[segment] > 1:
                holders[segment] -= 1
                continue
            del holders[segment]
            freed += lengths[segment]  # what is held is whole
            idle[segment] = now
        self.cached += freed
        self.pinned -= freed + private

    def _make_room(self) -> None:
        over = self.pinned + self.cached - self.capacity
        idle, resident = self._idle, self._resident
        while over > 0 and idle:
            segment = next(iter(idle))
            gone = min(resident[segment], over)
            if self._below_capacity:
                self._put_below(segment, gone)
            self._lose(segment, gone)
            over -= gone

    def _put_below(self, segment: int, blocks: int) -> None:
        self._below[segment] = self._below.pop(segment, 0) + blocks
        self._below_held += blocks
        while self._below_held > self._below_capacity:
            oldest = next(iter(self._below))
            self._below_held -= self._below.pop(oldest)

    def _lose(self, segment: int, gone: int) -> None:
        have, where = self._resident[segment], self.whereabouts
        self.cached -= gone
        if have == self.lengths[segment]:
            where.whole[segment] &= ~self._bit
        if gone < have:
            self._resident[segment] = have - gone
            where.part.setdefault(segment, {})[self._number] = have - gone
            return
        del self._idle[segment], self._resident[segment]
        if segment in where.part:
            where.part[segment].pop(self._number, None)

    def expire(self, now: int) -> None:
        """Lets go of what was kept for as long as that is to be."""
        if self._keep_ns is None:
            return
        before = now - self._keep_ns
        while self._idle:
            segment = next(iter(self._idle))
            if self._idle[segment] >= before:
                return
            if self._below_capacity:
                self._put_below(segment, self._resident[segment])
            self._lose(segment, self._resident[segment])
