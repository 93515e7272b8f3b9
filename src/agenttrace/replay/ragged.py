"""Lists of lists as one array, with the place at which each begins and one more at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import chain, pairwise
from typing import TypeVar, overload

import numpy as np

from agenttrace.critical_path.arrays import Ints

T = TypeVar("T")


class Ragged(Sequence[Sequence[int]]):
    """Lists of whole numbers: `first`, where each begins in `flat`. They are lists of Python when one is asked for."""

    def __init__(self, first: Ints, flat: Ints) -> None:
        self.first = first
        self.flat = flat

    @cached_property
    def _lists(self) -> list[list[int]]:
        return parted(self.first, self.flat.tolist())

    def __len__(self) -> int:
        return len(self.first) - 1

    def __iter__(self) -> Iterator[Sequence[int]]:
        return iter(self._lists)

    @overload
    def __getitem__(self, place: int) -> Sequence[int]: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Sequence[int]]: ...
    def __getitem__(self, place: int | slice) -> Sequence[int] | Sequence[Sequence[int]]:
        return self._lists[place]


def laid_flat(lists: Sequence[Sequence[int]]) -> Ragged:
    """As one array. Raises OverflowError for numbers that it cannot hold."""
    if isinstance(lists, Ragged):
        return lists
    first = first_places(np.fromiter(map(len, lists), np.int64, len(lists)))
    return Ragged(first, np.fromiter(chain.from_iterable(lists), np.int64, int(first[-1])))


def first_places(count: Ints) -> Ints:
    """Where lists of so many entries begin."""
    return np.concatenate([[0], np.cumsum(count)]).astype(np.int64)


def grouped(owner: Ints, owners: int) -> tuple[Ints, Ints]:
    """Where each owner's entries begin when they are put in the order that comes with it, else as they were."""
    return first_places(np.bincount(owner, minlength=owners)), np.argsort(owner, kind="stable")


def parted(first: Ints, entries: Iterable[T]) -> list[list[T]]:
    """The lists again."""
    rows = list(entries)
    return [rows[low:high] for low, high in pairwise(first.tolist())]
