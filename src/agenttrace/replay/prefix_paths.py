"""Prompts as paths through shared prefixes: runs of blocks that no prompt ever parts are one segment.

Prompts are laid into a tree, of which each edge is a run of blocks. Equal hashes after equal beginnings are equal
blocks within their scope: so it makes no difference whether a source hashes a block with all that comes before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import NONE, Ints

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Prompts in order, each as a change of an earlier one.

    `before`: the prompt that it changes, -1: none. `kept`: blocks taken over from it; `new`: the hashes that
    follow, all prompts' in one array from `first[i]` to `first[i + 1]`. `scope`: equal
    hashes mean equal blocks where this number is the same.
    """

    before: Ints
    kept: Ints
    first: Ints
    new: Hashes
    scope: Ints


@dataclass(frozen=True, slots=True, eq=False)
class PrefixPaths:
    """`paths`: of each prompt the segments that it consists of, `blocks` in sum. `lengths`: blocks in each segment."""

    paths: list[list[int]]
    lengths: list[int]
    blocks: list[int]


def prefix_paths(changes: Changes) -> PrefixPaths:
    """The paths of all prompts. Segments are numbered in the order in which prompts first have them."""
    hashes = _scoped(changes)
    first = changes.first.tolist()
    heads = hashes[changes.first[:-1][changes.first[:-1] < changes.first[1:]]].tolist()[::-1]
    tree, ends = _Tree(hashes), list[int]()
    for before, kept, low, high in zip(
        changes.before.tolist(), changes.kept.tolist(), first[:-1], first[1:], strict=True
    ):
        at = tree.reached(ends[before], kept) if kept and before != NONE else NONE
        ends.append(tree.lay(at, low, high, heads.pop()) if low < high else at)
    return tree.paths(ends)


def _scoped(changes: Changes) -> Hashes:
    """Hashes that are equal only within one scope."""
    scope = changes.scope
    if not len(scope) or (scope == scope[0]).all():
        return changes.new
    mixed = _mixed(scope.astype(np.uint64) + np.uint64(1))
    return changes.new ^ np.repeat(mixed, np.diff(changes.first))


def _mixed(values: Hashes) -> Hashes:
    """Numbers spread over all 64 bits (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


class _Tree:
    """Segments as they are so far: each is the blocks `hashes[start:start + length]` after those of its parent."""

    def __init__(self, hashes: Hashes) -> None:
        self._hashes = hashes
        self._start: list[int] = []
        self._length: list[int] = []
        self._parent: list[int] = []
        self._depth: list[int] = []
        """Blocks up to the end of a segment."""
        self._next: dict[tuple[int, int], int] = {}
        """By a segment, NONE at the beginning, and the first hash that follows."""

    def reached(self, end: int, blocks: int) -> int:
        """The segment with which so many leading blocks end, of the path to the end of a segment."""
        parent, depth = self._parent, self._depth
        while end != NONE and depth[end] - self._length[end] >= blocks:
            end = parent[end]
        if end == NONE or depth[end] <= blocks:
            return end
        return self._part(end, blocks - depth[end] + self._length[end])

    def lay(self, at: int, low: int, high: int, head: int) -> int:
        """The segment with which these blocks end, which follow a segment. `head`: the first hash."""
        while True:
            following = self._next.get((at, head), NONE)
            if following == NONE:
                self._next[at, head] = len(self._start)
                return self._add(low, high - low, at)
            same = self._same(following, low, high)
            at = following if same == self._length[following] else self._part(following, same)
            low += same
            if low == high:
                return at
            head = int(self._hashes[low])

    def _add(self, start: int, length: int, parent: int) -> int:
        self._start.append(start)
        self._length.append(length)
        self._parent.append(parent)
        self._depth.append(length + (self._depth[parent] if parent != NONE else 0))
        return len(self._start) - 1

    def _same(self, segment: int, low: int, high: int) -> int:
        """How many blocks of a segment are those that are laid."""
        start, count = self._start[segment], min(self._length[segment], high - low)
        differ = self._hashes[start : start + count] != self._hashes[low : low + count]
        first = int(differ.argmax())
        return first if differ[first] else count

    def _part(self, segment: int, blocks: int) -> int:
        """Makes so many blocks of a segment one of their own, before the rest of it, which keeps its number."""
        start, parent = self._start[segment], self._parent[segment]
        upper = self._add(start, blocks, parent)
        self._next[parent, int(self._hashes[start])] = upper
        self._next[upper, int(self._hashes[start + blocks])] = segment
        self._start[segment] += blocks
        self._length[segment] -= blocks
        self._parent[segment] = upper
        return upper

    def paths(self, ends: list[int]) -> PrefixPaths:
        """The paths that end so."""
        order = np.argsort(np.array(self._start, np.int64), kind="stable")
        number = np.empty(len(order), np.int64)
        number[order] = np.arange(len(order))
        numbers, parent = number.tolist(), self._parent
        paths = []
        for end in ends:
            path, at = [], end
            while at != NONE:
                path.append(numbers[at])
                at = parent[at]
            path.reverse()
            paths.append(path)
        lengths = np.array(self._length, np.int64)[order].tolist()
        return PrefixPaths(paths, lengths, [self._depth[end] if end != NONE else 0 for end in ends])
