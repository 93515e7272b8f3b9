"""From errors to intervals: what a draw misses, what a run drifts, and how small a change can be seen."""

from __future__ import annotations

import numpy as np

from agenttrace.diff.statistics.chance import drift
from agenttrace.diff.statistics.drift import Drift
from agenttrace.diff.statistics.estimation import Estimate
from agenttrace.diff.statistics.shapes import Floats

LEVEL = 0.90
"""Both ends together; each end alone errs in one case of twenty, as a gate does."""

POWER = 0.80


def interval(found: Estimate, apart: Drift, seed: int, level: float = LEVEL) -> tuple[float, float]:
    """Low and high end of the effect."""
    half = float(np.quantile(np.abs(_errors(found, apart, seed)), level))
    return found.effect - half, found.effect + half


def detectable(found: Estimate, apart: Drift, seed: int, alpha: float) -> float:
    """The effect that would be told from nothing, at that level, in POWER of all comparisons like this one."""
    errors = np.abs(_errors(found, apart, seed))
    certain = float(np.quantile(errors, max(0.0, 1 - 2 * alpha)))
    return certain + float(np.quantile(errors, 2 * POWER - 1))


def _errors(found: Estimate, apart: Drift, seed: int) -> Floats:
    errors = found.errors
    if apart.sd:
        errors = errors + apart.sd * drift(seed, apart.freedom, len(errors))
    return errors
