"""How much runs of one deployment differ beside what sampling explains: measured in several runs, or assumed.

The sessions of a run share its hour, its neighbours and its machine. Between two runs all of them may move together,
and nothing within a run shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from agenttrace.diff.statistics.drift import Drift
from agenttrace.diff.statistics.shapes import Floats, Ints

LEAST_TASKS = 8
"""Of every run: with fewer in common, runs differ by their tasks, and nothing is known of the runs."""

ENOUGH_RUNS = 10
"""So many runs of one deployment are taken at their word (benchmarks/diff_calibration.py); of fewer see `pooled`."""

_FREE = ENOUGH_RUNS - 1
_FAR = 0.98
"""Where the wider of two spreads is told: about where one of two gates decides."""

_STUDENT_FAR = (15.895, 4.849, 3.482, 2.999, 2.757, 2.612, 2.517, 2.449)
"""Student's t at _FAR, with 1 to 8 degrees of freedom."""


class Origin(StrEnum):
    """Where the spread of runs is known from."""

    MEASURED = "measured"
    FEW_RUNS = "few-runs"
    ASSUMED = "assumed"
    SAME_RUN = "same-run"


@dataclass(frozen=True, slots=True)
class Spread:
    """The standard deviation of a run's effect on the logarithm of a time; `freedom`: of what told it."""

    sd: float
    freedom: float
    origin: Origin

    def between(self, base_runs: int, candidate_runs: int) -> Drift:
        """How far the means of so many runs lie apart by it."""
        if not self.sd:
            return Drift()
        runs = 1 / max(base_runs, 1) + 1 / max(candidate_runs, 1)
        return Drift(self.sd * float(np.sqrt(runs)), self.freedom)


@dataclass(frozen=True, slots=True)
class Runs:
    """What several runs of one deployment say: the variance that runs add, from so many degrees of freedom.

    `within`: the variance of single sessions about their task and run.
    """

    variance: float
    freedom: int
    runs: int
    within: float = 0.0


def measured(logs: Floats, task: Ints, run: Ints) -> Runs | None:
    """Of the logarithms of a time by task and run; null for one run, or where runs share fewer than LEAST_TASKS.

    The variance of the runs' means, tasks taken out, less what sessions alone would give; not below zero. Tasks that
    a run lacks are left out: they tell tasks apart, not runs.
    """
    runs = len(np.unique(run))
    kept = shared_by_all(task, run)
    logs, tasks, run = logs[kept], np.unique(task[kept], return_inverse=True)[1], run[kept]
    count = int(tasks.max(initial=-1)) + 1
    freedom = len(logs) - runs - (count - 1)
    if runs < 2 or count < LEAST_TASKS or freedom < 1:
        return None
    run = np.unique(run, return_inverse=True)[1]
    centred = logs - _means(logs, tasks, count)[tasks]
    sizes = np.bincount(run, minlength=runs)
    means = _means(centred, run, runs)
    rest = centred - means[run]
    within = float(rest @ rest) / freedom
    between = float(np.var(means, ddof=1)) - within * float((1 / sizes).mean())
    return Runs(max(between, 0.0), runs - 1, runs, within)


def shared_by_all(task: Ints, run: Ints) -> NDArray[np.bool_]:
    """Which sessions work on a task that every run has."""
    tasks, task = np.unique(task, return_inverse=True)
    runs, run = np.unique(run, return_inverse=True)
    seen = np.zeros((len(tasks), len(runs)), np.bool_)
    seen[task, run] = True
    found: NDArray[np.bool_] = np.asarray(seen.all(axis=1))[task]
    return found


def _means(values: Floats, group: Ints, groups: int) -> Floats:
    found: Floats = np.bincount(group, values, groups) / np.bincount(group, minlength=groups)
    return found


def pooled(told: Sequence[Runs | None], assumed: float) -> Spread:
    """What all that was measured says together; what is assumed where nothing was.

    Few runs may look alike by chance, so that they alone would vouch for no drift at all: what is assumed stands in for
    the runs that ENOUGH_RUNS has more, wherever that is wider than what was measured, at its own degrees of freedom.
    """
    known = [of for of in told if of is not None]
    freedom = sum(of.freedom for of in known)
    if not freedom:
        return Spread(assumed, np.inf, Origin.ASSUMED)
    variance = sum(of.variance * of.freedom for of in known) / freedom
    alone = Spread(float(np.sqrt(variance)), freedom, Origin.MEASURED)
    lacking = max(0, _FREE - freedom)
    if not lacking:
        return alone
    filled = float(np.sqrt((variance * freedom + assumed**2 * lacking) / _FREE))
    if alone.sd * _STUDENT_FAR[freedom - 1] >= filled * NormalDist().inv_cdf(_FAR):
        return alone
    return Spread(filled, np.inf, Origin.FEW_RUNS)
