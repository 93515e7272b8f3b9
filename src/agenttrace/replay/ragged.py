"""Lists of lists as one array, with the place at which each begins and one more at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import TypeVar

import numpy as np

from agenttrace.critical_path.arrays import Ints

T = TypeVar("T")


def first_places(count: Ints) -> Ints:
    """Where lists of so many entries begin."""
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int64)


def grouped(owner: Ints, owners: int) -> tuple[Ints, Ints]:
    """Where each owner's entries begin when they are put in the order that comes with it, else as they were."""
    return first_places(np.bincount(owner, minlength=owners)), np.argsort(owner, kind="stable")


def laid_flat(lists: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Where each begins, and what they hold."""
    first = first_places(np.fromiter(map(len, lists), np.int64, len(lists)))
    return first, np.fromiter(chain.from_iterable(lists), np.int64, int(first[-1]))


def parted(first: Ints, entries: Iterable[T]) -> list[list[T]]:
    """The lists again."""
    rows = list(entries)
    return [rows[low:high] for low, high in pairwise(first.tolist())]
