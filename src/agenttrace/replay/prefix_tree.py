"""A tree of runs of blocks, grown prompt by prompt: by the kernel, and in Python where there is none."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import NONE, Ints
from agenttrace.native import library

Hashes = NDArray[np.uint64]

_MOST_OF_A_PROMPT = 3
"""Segments that a prompt adds at most: its own, and two from parting others."""

_NO_MEMORY = 2
_Columns = ctypes.c_void_p * 4


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
class Tree:
    """Segments: each is the blocks `hashes[start:start + length]` after those of its `parent`, NONE: of none.

    `depth`: blocks up to its end. `ends`: of each prompt its last segment, NONE for one without blocks.
    """

    start: Ints
    length: Ints
    parent: Ints
    depth: Ints
    ends: Ints


def grow_tree(changes: Changes, hashes: Hashes) -> Tree:
    """The tree of all prompts; `hashes` in the place of those of the changes."""
    return grow_compiled(changes, hashes) or grow_interpreted(changes, hashes)


def grow_compiled(changes: Changes, hashes: Hashes) -> Tree | None:
    """By the kernel; None where there is none, or it refuses what points to nothing."""
    kernel, prompts = _kernel(), len(changes.before)
    if kernel is None or not len(changes.kept) == len(changes.first) - 1 == prompts:
        return None
    given = [
        np.ascontiguousarray(column, np.int64) for column in (changes.before, changes.kept, changes.first)
    ]
    hashes = np.ascontiguousarray(hashes, np.uint64)
    segments = np.empty((4, _MOST_OF_A_PROMPT * prompts), np.int64)
    ends, count = np.empty(prompts, np.int64), ctypes.c_int64()
    status = kernel(
        prompts,
        *(column.ctypes.data for column in given),
        hashes.ctypes.data,
        len(hashes),
        _Columns(*(column.ctypes.data for column in segments)),
        ends.ctypes.data,
        count,
    )
    if status == _NO_MEMORY:
        raise MemoryError
    start, length, parent, depth = segments[:, : count.value].copy()
    return None if status else Tree(start, length, parent, depth, ends)


@cache
def _kernel() -> Callable[..., int] | None:
    kernels = library()
    if kernels is None:
        return None
    kernel = kernels.agenttrace_prefix_tree
    column, number = ctypes.c_void_p, ctypes.c_int64
    kernel.argtypes = [number, *[column] * 4, number, _Columns, column, ctypes.POINTER(number)]
    kernel.restype = ctypes.c_int32
    return kernel


def grow_interpreted(changes: Changes, hashes: Hashes) -> Tree:
    """The same in Python."""
    first = changes.first.tolist()
    heads = hashes[changes.first[:-1][changes.first[:-1] < changes.first[1:]]].tolist()[::-1]
    tree, ends = _Growing(hashes), list[int]()
    for before, kept, low, high in zip(
        changes.before.tolist(), changes.kept.tolist(), first[:-1], first[1:], strict=True
    ):
        at = tree.reached(ends[before], kept) if kept and before != NONE else NONE
        ends.append(tree.lay(at, low, high, heads.pop()) if low < high else at)
    return tree.grown(ends)


class _Growing:
    """Segments as they are so far."""

    def __init__(self, hashes: Hashes) -> None:
        self._hashes = hashes
        self._start: list[int] = []
        self._length: list[int] = []
        self._parent: list[int] = []
        self._depth: list[int] = []
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

    def grown(self, ends: list[int]) -> Tree:
        """The tree, with the ends of its prompts."""
        columns = (self._start, self._length, self._parent, self._depth, ends)
        return Tree(*(np.array(column, np.int64) for column in columns))
