"""Random numbers that a seed fixes: how often clusters are drawn, which pairs are swapped, how far runs drift.

They depend on the seed and on sizes only, so that all metrics of a comparison share them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agenttrace.diff.statistics.shapes import Floats

SWAPS = 9_999
EXACT_UP_TO = 12
"""So many pairs are swapped in every way there is."""

_CHUNK_CELLS = 4_000_000
_DRAWS, _SWAPS, _LABELS, _DRIFT = range(4)


@lru_cache(maxsize=8)
def drawn_clusters(seed: int, side: int, clusters: int, draws: int) -> Floats:
    """How often each cluster is drawn: a row a draw, the first of them the sample itself."""
    random = np.random.default_rng([seed, _DRAWS, side])
    times = np.ones((draws + 1, clusters))
    step = max(1, _CHUNK_CELLS // clusters)
    for first in range(1, draws + 1, step):
        rows = min(step, draws + 1 - first)
        chosen = random.integers(0, clusters, (rows, clusters))
        chosen += np.arange(rows)[:, None] * clusters
        times[first : first + rows] = np.bincount(chosen.ravel(), minlength=rows * clusters).reshape(rows, -1)
    return times


def swaps(seed: int, pairs: int) -> Iterator[NDArray[np.float32]]:
    """Signs for each pair, -1 where it is swapped: all ways for few pairs, else SWAPS of them; in pieces."""
    if pairs <= EXACT_UP_TO:
        yield _all_signs(pairs)
        return
    step = max(1, _CHUNK_CELLS // pairs)
    if step >= SWAPS:
        yield _kept_signs(seed, pairs)
        return
    random = np.random.default_rng([seed, _SWAPS])
    for first in range(0, SWAPS, step):
        yield _signs(random, min(step, SWAPS - first), pairs)


def _all_signs(pairs: int) -> NDArray[np.float32]:
    ways = np.arange(1, 2**pairs)  # without the way that swaps nothing, which is what was seen
    return (1 - 2 * (ways[:, None] >> np.arange(pairs) & 1)).astype(np.float32)


@lru_cache(maxsize=4)
def _kept_signs(seed: int, pairs: int) -> NDArray[np.float32]:
    return _signs(np.random.default_rng([seed, _SWAPS]), SWAPS, pairs)


def _signs(random: np.random.Generator, rows: int, pairs: int) -> NDArray[np.float32]:
    wide = -(-pairs // 8)
    bits = np.unpackbits(np.frombuffer(random.bytes(rows * wide), np.uint8).reshape(rows, wide), axis=1)
    return np.float32(1) - np.float32(2) * bits[:, :pairs]


def labels(seed: int, base: int, candidate: int) -> Iterator[NDArray[np.float32]]:
    """1 for each cluster that is called the candidate's: SWAPS random choices of so many; in pieces."""
    step = max(1, _CHUNK_CELLS // (base + candidate))
    if step >= SWAPS:
        yield _kept_labels(seed, base, candidate)
        return
    random = np.random.default_rng([seed, _LABELS])
    for first in range(0, SWAPS, step):
        yield _labels(random, min(step, SWAPS - first), base, candidate)


@lru_cache(maxsize=4)
def _kept_labels(seed: int, base: int, candidate: int) -> NDArray[np.float32]:
    return _labels(np.random.default_rng([seed, _LABELS]), SWAPS, base, candidate)


def _labels(random: np.random.Generator, rows: int, base: int, candidate: int) -> NDArray[np.float32]:
    ordered = np.zeros((rows, base + candidate), np.float32)
    ordered[:, base:] = 1
    return random.permuted(ordered, axis=1)


@lru_cache(maxsize=16)
def drift(seed: int, freedom: float, size: int) -> Floats:
    """Student's t with so many degrees of freedom (a normal deviate where they are infinite)."""
    random = np.random.default_rng([seed, _DRIFT, size])
    found: Floats = (
        random.standard_normal(size) if np.isinf(freedom) else random.standard_t(max(freedom, 1.0), size)
    )
    return found
