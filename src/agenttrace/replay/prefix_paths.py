"""Prompts as paths through shared prefixes: runs of blocks that no prompt ever parts are one segment.

Equal hashes mean equal blocks within their scope. Sources that hash each block by itself (not with all that comes
before it) are recognised, and get hashes that do.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
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
    scope = changes.scope[owner]
    if not len(scope) or (scope == scope[0]).all():
        return np.unique(changes.new, return_inverse=True)[1].reshape(-1).astype(np.int64)
    mixed = changes.new ^ _mixed(scope.astype(np.uint64) + np.uint64(1))
    return np.unique(mixed, return_inverse=True)[1].reshape(-1).astype(np.int64)


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
        pairs = np.unique(np.stack([self.previous, self.block]), axis=1)
        return pairs.shape[1] == len(np.unique(self.block))

    def cuts(self) -> Bools:
        """Of each block whether a segment ends with it."""
        size = int(self.block.max(initial=-1)) + 1
        cut = np.zeros(size, np.bool_)
        cut[self.ends] = True
        cut[self.boundary] = True
        pairs = np.unique(np.stack([self.previous, self.block]), axis=1)
        after = pairs[0][pairs[0] >= 0]
        cut |= np.bincount(after, minlength=size) > 1
        return cut


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
    """Segments are named by their first block, then numbered."""
    lengths: list[int] = []
    number: dict[int, int] = {}
    paths: list[list[int]] = []
    listed, ends = block.tolist(), cut.tolist()
    firsts = changes.first.tolist()
    for row, (before, kept) in enumerate(zip(changes.before.tolist(), changes.kept.tolist(), strict=True)):
        path: list[int] = []
        if before >= 0 and kept:
            reach = list(accumulate(lengths[segment] for segment in paths[before]))
            path = paths[before][: bisect_left(reach, kept) + 1]
        at, high = firsts[row], firsts[row + 1]
        while at < high:
            begin = at
            while not ends[listed[at]]:
                at += 1
            at += 1
            segment = number.setdefault(listed[begin], len(lengths))
            if segment == len(lengths):
                lengths.append(at - begin)
            path.append(segment)
        paths.append(path)
    return PrefixPaths(paths, lengths)
