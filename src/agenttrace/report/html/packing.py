"""Columns of integers as short text: LEB128 in base64, which the page's program unpacks (`assets/unpack.js`).

A hundred thousand spans take a third of what JSON needs, and are there in a few milliseconds.
"""

from __future__ import annotations

from base64 import b64encode

import numpy as np
import polars as pl

_BITS = 7
_BYTES = 10  # of the largest 64-bit number


def packed(values: np.ndarray | pl.Series) -> str:
    """Integers, none below 0, each in as many bytes as it takes: seven bits a byte, the lowest first."""
    rest = np.asarray(values).astype(np.uint64)
    digits = np.zeros((len(rest), _BYTES), np.uint8)
    told = np.zeros((len(rest), _BYTES), np.bool_)
    more = np.ones(len(rest), np.bool_)
    for place in range(_BYTES):
        told[:, place] = more
        digits[:, place] = (rest & np.uint64(0x7F)).astype(np.uint8)
        rest >>= np.uint64(_BITS)
        more = rest > 0
        digits[:, place] |= more.astype(np.uint8) << 7
        if not more.any():
            break
    return b64encode(digits[told].tobytes()).decode()


def packed_known(values: pl.Series) -> str:
    """Integers of which some are not known: 0 stands for null, and each other one is one more than it is."""
    return packed((values.cast(pl.Int64).clip(lower_bound=0) + 1).fill_null(0))
