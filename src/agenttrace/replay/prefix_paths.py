"""Prompts as paths through shared prefixes: runs of blocks that no prompt ever parts are one segment.

Equal hashes mean equal blocks within their scope. Sources that hash each block by itself (not with all that comes
before it) are recognised, and get hashes that do.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import Bools, Ints

Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Prompts in order, each as a change of an earlier one.

    `before`: the prompt that it changes, -1: none. `kept`: blocks taken over from it; `new`: the hashes that
    follow, all prompts' in one array from `first[i]` to `first[i + 1]`. `size`: tokens in a block. `scope`: equal
    hashes mean equal blocks where this number is the same.
    """

    before: Ints
    kept: Ints
    first: Ints
    new: Hashes
    scope: Ints


@dataclass(frozen=True, slots=True, eq=False)
class PrefixPaths:
    """`paths`: of each prompt the segments that it consists of. `lengths`: blocks in each segment."""

    paths: list[list[int]]
    lengths: list[int]


def prefix_paths(changes: Changes) -> PrefixPaths:
    """The paths of all prompts."""
    count = len(changes.kept)
    length = np.diff(changes.first)
    owner = np.repeat(np.arange(count), length)
    block = _identified(changes, owner)
    chain = _Chain(changes, block)
    if not chain.is_prefix_chain():
        block = _identified(_chained(changes), owner)
        chain = _Chain(changes, block)
    return _segmented(changes, block, chain.cuts())


def _identified(changes: Changes, owner: Ints) -> Ints:
    """Dense numbers of blocks: one for each hash in each scope."""
    scope, hashes = changes.scope[owner], changes.new
    if len(scope) and not (scope == scope[0]).all():
        hashes = hashes ^ _mixed(scope.astype(np.uint64) + np.uint64(1))
    return pa.array(hashes).dictionary_encode().indices.to_numpy().astype(np.int64)


def _mixed(values: Hashes) -> Hashes:
    """Numbers spread over all 64 bits (the finaliser of splitmix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


class _Chain:
    """The block before every new block, and the last block of every prompt."""

    def __init__(self, changes: Changes, block: Ints) -> None:
        first = changes.first
        previous = np.empty(len(block), np.int64)
        previous[1:] = block[:-1]
        self.block, self.previous = block, previous
        self.boundary: list[int] = []
        self.ends: list[int] = []
        whole: list[list[int]] = []
        listed, firsts = block.tolist(), first.tolist()
        for row, (before, kept) in enumerate(
            zip(changes.before.tolist(), changes.kept.tolist(), strict=True)
        ):
            low, high = firsts[row], firsts[row + 1]
            head = whole[before][:kept] if before >= 0 else []
            path = head + listed[low:high]
            whole.append(path)
            if high > low:
                previous[low] = head[-1] if head else -1
            if path:
                self.ends.append(path[-1])
                if head:
                    self.boundary.append(head[-1])
            if before >= 0:
                whole[before] = []

    def is_prefix_chain(self) -> bool:
        """Whether every block always comes after the same one."""
        return bool((self._before()[self.block] == self.previous).all())

    def cuts(self) -> Bools:
        """Of each block whether a segment ends with it; of a prefix chain."""
        before = self._before()
        cut = np.bincount(before[before >= 0], minlength=len(before)) > 1
        cut[self.ends] = True
        cut[self.boundary] = True
        return cut

    def _before(self) -> Ints:
        """Of each block what came before it once."""
        before = np.full(int(self.block.max(initial=-1)) + 1, -1, np.int64)
        before[self.block] = self.previous
        return before


def _chained(changes: Changes) -> Changes:
    """Hashes of blocks together with all before them."""
    first = changes.first.tolist()
    made = np.empty(len(changes.new), np.uint64)
    sums: list[Hashes] = []
    for row, (before, kept) in enumerate(zip(changes.before.tolist(), changes.kept.tolist(), strict=True)):
        low, high = first[row], first[row + 1]
        place = np.arange(kept, kept + high - low, dtype=np.uint64)
        mixed = _mixed(changes.new[low:high] ^ _mixed(place + np.uint64(1)))
        head = sums[before][:kept] if before >= 0 else np.zeros(0, np.uint64)
        start = head[-1] if kept else np.uint64(0)
        made[low:high] = np.cumsum(mixed, dtype=np.uint64) + start
        sums.append(np.concatenate([head, made[low:high]]))
        if before >= 0:
            sums[before] = sums[before][:0]
    return Changes(changes.before, changes.kept, changes.first, made, changes.scope)


def _segmented(changes: Changes, block: Ints, cut: Bools) -> PrefixPaths:
    """Segments go by their first block; every prompt's last block ends one."""
    ends = np.flatnonzero(cut[block])
    starts = np.concatenate([[0], ends[:-1] + 1])[: len(ends)]
    names = pa.array(block[starts]).dictionary_encode().indices.to_numpy().astype(np.int64)
    lengths = np.zeros(int(names.max(initial=-1)) + 1, np.int64)
    lengths[names] = ends + 1 - starts
    sizes, segments = lengths.tolist(), names.tolist()
    bounds = np.searchsorted(ends, changes.first).tolist()
    paths: list[list[int]] = []
    for row, (before, kept) in enumerate(zip(changes.before.tolist(), changes.kept.tolist(), strict=True)):
        head: list[int] = []
        if before >= 0 and kept:
            reach = list(accumulate([sizes[segment] for segment in paths[before]]))
            head = paths[before][: bisect_left(reach, kept) + 1]
        paths.append(head + segments[bounds[row] : bounds[row + 1]])
    return PrefixPaths(paths, sizes)
