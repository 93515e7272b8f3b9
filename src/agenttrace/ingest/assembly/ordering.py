"""The order of rows by several integers: packed into one word, so that a single sort of numbers is enough.

Sorting a frame by five columns encodes every row as bytes and compares those. The bits of the same columns,
one after the other, mostly tell all rows apart within the first 64, and numbers are sorted ten times as fast.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.native.heads import heads

Rows: TypeAlias = NDArray[np.int64]
Keys: TypeAlias = NDArray[np.signedinteger[Any] | np.unsignedinteger[Any] | np.bool_]

_WORD_BITS = 64
_FEW = 16
"""One in so many rows: their texts are compared as they are."""


def order_of(*keys: Keys) -> Rows:
    """Row numbers in the order of integer keys, the first of which counts most; equal rows stay as they are."""
    if not len(keys[0]):
        return np.empty(0, np.int64)
    words = _words(keys)
    order = np.argsort(words[0])
    tied = _tied(words[0][order])
    if tied.any():
        rows = order[tied]
        order[tied] = rows[np.lexsort((rows, *(word[rows] for word in reversed(words))))]
    return order


def ordered_further(order: Rows, keys: Sequence[Keys], frame: pl.DataFrame) -> Rows:
    """`order`, with rows that are equal in all `keys` put in the order of the columns of `frame`, nulls last."""
    equal = np.ones(max(len(order) - 1, 0), np.bool_)
    for key in keys:
        sorted_key = key[order]
        equal &= sorted_key[1:] == sorted_key[:-1]
    if not equal.any():
        return order
    begins = np.concatenate([[True], ~equal])
    tied = ~begins | np.append(~begins[1:], False)  # the last row has no next one
    rows = order[tied]
    told = frame[rows].with_columns(_run=pl.Series(np.cumsum(begins)[tied]))
    finer = told.select(pl.arg_sort_by("_run", *frame.columns, nulls_last=True)).to_series().to_numpy()
    order = order.copy()
    order[tied] = rows[finer]
    return order


def order_of_texts(group: Rows, texts: pl.Series) -> Rows:
    """The order of groups, which are numbered from 0, and of the texts in each; equal rows stay as they are."""
    further = pl.DataFrame({"text": texts, "row": np.arange(len(group))})
    order, runs = np.argsort(group, kind="stable"), 0
    content: Any = texts.to_arrow()
    while len(order) and (begun := heads(content, group)) is not None:
        word = _words((group, begun))[0]  # what it leaves out, the next heads begin with
        order = np.argsort(word)
        ordered = word[order]
        begins = np.concatenate([[True], ordered[1:] != ordered[:-1]])
        group = np.empty(len(order), np.int64)
        group[order] = np.cumsum(begins) - 1
        before, runs = runs, int(begins.sum())
        if runs == before or (len(order) - runs) * _FEW < len(order):
            break
    return ordered_further(order, (group,), further)


def places_of(keys: Sequence[Keys], others: Sequence[Keys]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """A number for each row of both, in the order of their keys, of which the first counts most."""
    count = len(keys[0])
    both = [np.concatenate(pair) for pair in zip(keys, others, strict=True)]
    words = _words(both)
    if len(words) > 1:  # more than a word tells apart
        order = order_of(*both)
        ranks = np.empty(len(order), np.uint64)
        equal = np.ones(len(order) - 1, np.bool_)
        for key in both:
            equal &= key[order[1:]] == key[order[:-1]]
        ranks[order] = np.concatenate([[0], np.cumsum(~equal)])
        words = [ranks]
    return words[0][:count], words[0][count:]


def repeats(*keys: Keys) -> NDArray[np.bool_]:
    """Which rows equal an earlier one in all keys."""
    order = order_of(*keys)
    equal = np.ones(max(len(order) - 1, 0), np.bool_)
    for key in keys:
        equal &= key[order[1:]] == key[order[:-1]]
    found = np.zeros(len(order), np.bool_)
    found[order[1:][equal]] = True
    return found


def reached_before(end: Rows, group: Rows) -> tuple[NDArray[np.bool_], Rows]:
    """Which rows have others of their group before them, and the highest end of these.

    Groups stand together; of the first row of one the second number means nothing.
    """
    follows = np.zeros(len(end), np.bool_)
    follows[1:] = group[1:] == group[:-1]
    distinct, place = np.unique(end, return_inverse=True)
    above = np.cumsum(~follows) * len(distinct)  # whatever came in groups before is less
    reach = np.maximum.accumulate(place + above) - above
    before = np.zeros(len(end), np.int64)
    before[1:] = reach[:-1]
    return follows, distinct[before] if len(end) else end


def _words(keys: Sequence[Keys]) -> list[NDArray[np.uint64]]:
    """The bits of all keys of each row, one after the other, in as many words as that takes."""
    words = [np.zeros(len(keys[0]), np.uint64)]
    free = _WORD_BITS
    for key in keys:
        lowest = int(key.min())
        bits = (int(key.max()) - lowest).bit_length()
        if not bits:
            continue
        value = key.astype(np.uint64) - np.uint64(lowest % 2**64)
        if bits > free:
            rest = bits - free
            words[-1] = _shifted(words[-1], free) | (value >> np.uint64(rest))
            words.append(value & np.uint64(2**rest - 1))
            free = _WORD_BITS - rest
        else:
            words[-1] = _shifted(words[-1], bits) | value
            free -= bits
    return words


def _shifted(word: NDArray[np.uint64], bits: int) -> NDArray[np.uint64]:
    return word << np.uint64(bits) if bits < _WORD_BITS else np.zeros_like(word)


def _tied(sorted_word: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which of them equal the one before or the one after."""
    same = sorted_word[1:] == sorted_word[:-1]
    tied = np.zeros(len(sorted_word), np.bool_)
    tied[1:] = same
    tied[:-1] |= same
    return tied
