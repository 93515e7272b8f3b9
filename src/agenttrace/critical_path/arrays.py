"""The arrays that the engine is made of, and the few operations on them that numpy lacks."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from agenttrace.native import ordering, scans

Ints: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int8]
Bools: TypeAlias = NDArray[np.bool_]

NULL = int(np.iinfo(np.int64).min)
"""Stands for a null in an integer array."""

NONE = -1
"""Stands for a null among row numbers and codes."""

TOLERANCE_NS = 2_000_000
"""How far two clocks may disagree about one instant."""

_KEPT_BYTES = 31 << 20
_PLACE_BITS = 4
_KEY_BITS = 63


def running_last(at: Bools) -> Ints:
    """For each position the last one up to it, itself included, where `at` holds; -1 before the first."""
    found = scans.running_last(at)
    return np.maximum.accumulate(np.where(at, np.arange(len(at)), NONE)) if found is None else found


def running_max(group: Ints, t: Ints) -> Ints:
    """For each position the largest `t` of its group up to it, itself included; groups only rise."""
    if not len(t):
        return t
    low = int(t.min())
    t, ranks = t - low, None
    if _bits(group) + _bits(t) > _KEY_BITS:
        ranks, t = np.unique(t, return_inverse=True)
        t = t.reshape(-1).astype(np.int64)
    bits = _bits(t)
    largest = np.maximum.accumulate((group << bits) | t) & ((1 << bits) - 1)
    return low + (largest if ranks is None else ranks[largest])


def sums(of: Ints, by: Ints, size: int) -> Ints:
    """Exact sums of `of` for each value 0..size-1 of `by`."""
    total = np.zeros(size, np.int64)
    np.add.at(total, by, of)
    return total


def counts(by: Ints, size: int) -> Ints:
    """How often each value 0..size-1 occurs in `by`."""
    return np.bincount(by, minlength=size).astype(np.int64, copy=False)


def expanded(lengths: Ints) -> tuple[Ints, Ints]:
    """For rows that become `lengths` rows each: the old row of every new one, and its place within it."""
    row = np.repeat(np.arange(len(lengths)), lengths)
    first = np.cumsum(lengths) - lengths
    return row, np.arange(len(row)) - first[row]


def run_starts(*keys: Ints | Bools | Codes) -> Bools:
    """True where a row differs from the one before it in any of the keys."""
    start = np.ones(len(keys[0]), np.bool_)
    if len(start):
        start[1:] = False
        for key in keys:
            start[1:] |= key[1:] != key[:-1]
    return start


def climbed(link: Ints) -> Ints:
    """Follows `link` from each row to where it points at itself; a row that leads into a cycle ends on it."""
    top = link
    for _ in range(len(link).bit_length()):
        further = top[top]
        if np.array_equal(further, top):
            break
        top = further
    return top


def summed_up(values: Ints, link: Ints, most: int | None = None) -> Ints:
    """For each row the sum over it and all that it leads to, to where `link` points at itself; capped at `most`."""
    total = np.where(link == np.arange(len(link)), 0, values)
    while not np.array_equal(further := link[link], link):
        total = total + total[link]
        if most is not None:
            total = np.minimum(total, most)
        link = further
    total = total + values[link]
    return total if most is None else np.minimum(total, most)


def least_up(values: Ints, link: Ints) -> Ints:
    """For each row the least of it and of all that it leads to, to where `link` points at itself."""
    least = values
    while True:
        least = np.minimum(least, least[link])
        further = link[link]
        if np.array_equal(further, link):
            return least
        link = further


def depths(parent: Ints) -> Ints:
    """How far each row is from the one above it that points at itself."""
    depth: Ints = (parent != np.arange(len(parent))).astype(np.int64)
    above = parent
    while (further := depth[above]).any():
        depth = depth + further
        above = above[above]
    return depth


def order_by(group: Ints, t: Ints, place: Ints) -> tuple[Ints, Ints]:
    """By group, time and place (below 16), equals as they stand; and a key, in that order, that says so.

    It rises, is the same for equals alone, and has the place in its lowest bits. Times differ by less than 2**63.
    """
    if not len(group):
        return group, group
    found = ordering.order(group, t, place)
    if found is not None:
        order, run = found
        return order, (run << _PLACE_BITS) | place[order]
    t = t - t.min()
    if _bits(group) + _bits(t) + _PLACE_BITS > _KEY_BITS:
        t = np.unique(t, return_inverse=True)[1].reshape(-1).astype(np.int64)
    key = (((group << _bits(t)) | t) << _PLACE_BITS) | place
    order = sorting(key)
    return order, key[order]


def within_groups(group: Ints, t: Ints) -> Ints:
    """By group, and by `t` in each, equals as they stand."""
    return order_by(group, t, np.zeros(len(t), np.int64))[0]


def packed(*keys: Ints) -> Ints:
    """One number for each row, and the order of these is that of all keys, of which none is negative."""
    found = keys[0]
    if not len(found):
        return found
    for key in keys[1:]:
        both = found, key
        if sum(map(_bits, both)) > _KEY_BITS:
            both = _ranks(found), _ranks(key)
        found = (both[0] << _bits(both[1])) | both[1]
    return found


def _ranks(values: Ints) -> Ints:
    return np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.int64)


def sorting(key: Ints) -> Ints:
    """What a stable argsort gives; several times faster than numpy's where the keys are in no order.

    Keys that leave room for it carry their rows along, so that what is sorted is plain integers.
    """
    if len(key) and int(key.min()) >= 0 and _bits(key) + len(key).bit_length() <= _KEY_BITS:
        shift = len(key).bit_length()
        packed = (key << shift) | np.arange(len(key))
        packed.sort()
        return packed & ((1 << shift) - 1)
    order = np.argsort(key)
    ordered = key[order]
    same = ordered[1:] == ordered[:-1]
    if not same.any():
        return order
    tied = np.append(same, False)
    tied[1:] |= same
    at = np.flatnonzero(tied)
    run = np.cumsum(run_starts(ordered[at]))
    order[at] = np.sort(run * len(key) + order[at]) % len(key)
    return order


@cache
def keep_freed_memory() -> None:
    """Arrays of a chunk are made and dropped by the hundred: their memory should not go back to the system.

    C libraries that adapt (glibc) keep blocks of up to the size of the largest one that was ever freed;
    this one is never written to, so it costs nothing.
    """
    np.empty(_KEPT_BYTES, np.int8)


def _bits(values: Ints) -> int:
    return int(values.max()).bit_length()
