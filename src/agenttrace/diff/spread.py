"""How much runs of one deployment differ beside what sampling explains: measured in several runs, or assumed.

The sessions of a run share its hour, its neighbours and its machine. Between two runs all of them may move together,
and nothing within a run shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from agenttrace.diff.statistics.drift import Drift
from agenttrace.diff.statistics.shapes import Floats, Ints


class Origin(StrEnum):
    """Where the spread of runs is known from."""

    MEASURED = "measured"
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
    """Of the logarithms of a time by task and run; null for one run, or where too few sessions are left to tell.

    The variance of the runs' means, tasks taken out, less what sessions alone would give; not below zero.
    """
    names, run = np.unique(run, return_inverse=True)
    runs = len(names)
    if runs < 2 or len(logs) < 2 * runs:
        return None
    tasks, task = np.unique(task, return_inverse=True)
    shared = len(tasks) < len(logs)
    centred = logs - (_means(logs, task, len(tasks))[task] if shared else logs.mean())
    sizes = np.bincount(run, minlength=runs)
    means = _means(centred, run, runs)
    rest = centred - means[run]
    freedom = len(logs) - runs - (len(tasks) - 1 if shared else 0)
    if freedom < 1:
        return None
    within = float(rest @ rest) / freedom
    between = float(np.var(means, ddof=1)) - within * float((1 / sizes).mean())
    return Runs(max(between, 0.0), runs - 1, runs, within)


def _means(values: Floats, group: Ints, groups: int) -> Floats:
    found: Floats = np.bincount(group, values, groups) / np.bincount(group, minlength=groups)
    return found


def pooled(told: Sequence[Runs | None], assumed: float) -> Spread:
    """What all that was measured says together; what is assumed where nothing was."""
    known = [of for of in told if of is not None]
    freedom = sum(of.freedom for of in known)
    if not freedom:
        return Spread(assumed, np.inf, Origin.ASSUMED)
    variance = sum(of.variance * of.freedom for of in known) / freedom
    return Spread(float(np.sqrt(variance)), freedom, Origin.MEASURED)
