"""Several questions at once: p values that hold for all of them together, or that bound the share of false ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float]) -> list[float]:
    """Holm (1979): rejecting what is below alpha errs anywhere with at most that probability."""
    order = np.argsort(p, kind="stable")
    rising = np.maximum.accumulate(np.asarray(p, np.float64)[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(rising, 1.0)
    return [float(value) for value in adjusted]


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Benjamini and Hochberg (1995): of what is below q, at most that share is false on average."""
    order = np.argsort(p, kind="stable")[::-1]
    scaled = np.asarray(p, np.float64)[order] * len(p) / np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return [float(value) for value in adjusted]
