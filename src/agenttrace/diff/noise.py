"""How much runs of one deployment differ, measured once, so that later comparisons know it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import combinations
from statistics import NormalDist

import numpy as np
import polars as pl

from agenttrace.diff.metrics import METRICS, Metric, Unit
from agenttrace.diff.pairing import NONE, pair
from agenttrace.diff.policy import Gate, Level, Policy
from agenttrace.diff.samples import completed
from agenttrace.diff.spread import LEAST_TASKS, Runs, measured, pooled, shared_by_all
from agenttrace.diff.statistics.drift import Drift
from agenttrace.diff.statistics.estimation import Estimate
from agenttrace.diff.statistics.intervals import detectable
from agenttrace.diff.verdicts import KEPT
from agenttrace.errors import UsageError

_OF_A_RUN = ["session", "start_ns", "wall_ns", "outcome"]
_TOLD = frozenset({Unit.NS, Unit.RATE})
_PLACES = 9_999


@dataclass(frozen=True, slots=True)
class RunNoise:
    """Of one metric: the standard deviation that runs add to its logarithm, and what one run a side tells.

    `within_sd`: of a run's mean by its sessions alone, tasks taken out. `smallest`: of the geometric mean.
    """

    metric: str
    run_sd: float
    freedom: int
    within_sd: float
    smallest: float


@dataclass(frozen=True, slots=True)
class Noise:
    """Of so many runs, with so many sessions of tasks that all of them share; `left_out`: sessions of other tasks."""

    runs: int
    sessions: int
    tasks: int
    paired_by: str
    metrics: Sequence[RunNoise]
    left_out: int = 0

    def told(self) -> Mapping[str, Runs]:
        """What a comparison uses of it."""
        return {of.metric: Runs(of.run_sd**2, of.freedom, self.runs) for of in self.metrics}


def measure_noise(runs: Sequence[pl.DataFrame], policy: Policy | None = None) -> Noise:
    """Summaries of at least two runs of one deployment, each its own frame.

    The policy is that of the comparisons to come: what they would see depends on it. UsageError where two are
    the same one, or where hardly any task is in all of them.
    """
    policy = policy or Policy()
    told = [frame.select(_OF_A_RUN).sort(_OF_A_RUN) for frame in runs]
    if any(one.equals(other) for one, other in combinations(told, 2)):
        raise UsageError(
            "two of the runs are the same sessions", hint="run the tasks again: a copy differs by nothing"
        )
    all_of = pl.concat([frame.with_columns(run_id=pl.lit(str(place))) for place, frame in enumerate(runs)])
    matched = pair(all_of, all_of, policy.pair_by)
    whole = completed(matched).base
    frame = _shared(whole, matched.paired_by)
    each = KEPT * policy.alpha / max(1, _counted(policy.gates, frame))
    found = [noise for metric in METRICS if (noise := _noise(metric, frame, policy, each)) is not None]
    return Noise(
        len(runs),
        frame.height,
        frame.get_column("task").n_unique(),
        matched.paired_by,
        found,
        whole.height - frame.height,
    )


def _shared(frame: pl.DataFrame, paired_by: str) -> pl.DataFrame:
    """The sessions of tasks that every run has: what runs differ by is not told by sessions of different tasks."""
    task, run = (frame.get_column(name).rank("dense").to_numpy() for name in ("task", "run_id"))
    kept = frame.filter(pl.Series(shared_by_all(task, run), dtype=pl.Boolean))
    shared = kept.get_column("task").n_unique()
    if shared < LEAST_TASKS:
        by = "their tasks" if paired_by == NONE else paired_by
        raise UsageError(
            f"the runs share {shared} of {frame.get_column('task').n_unique()} tasks (by {by}): nothing tells how much "
            f"runs differ; it takes {LEAST_TASKS} tasks at least",
            hint="run the same tasks again in each run; --pair-by says by what a task is known",
        )
    return kept


def _noise(metric: Metric, frame: pl.DataFrame, policy: Policy, alpha: float) -> RunNoise | None:
    if metric.unit not in _TOLD:
        return None
    rows = logs_of(metric, frame)
    told = measured(*rows)
    if told is None:
        return None
    sizes = np.unique(rows[2], return_counts=True)[1]
    within = math.sqrt(max(told.within, 0.0) / float(sizes.mean()))
    apart = pooled([told], policy.run_drift).between(1, 1)
    smallest = smallest_effect(within, apart, policy.seed, alpha)
    seen = metric.shown(smallest if metric.more_is_worse else -smallest)
    return RunNoise(metric.name, math.sqrt(told.variance), told.freedom, within, seen)


def _counted(gates: Sequence[Gate], frame: pl.DataFrame) -> int:
    """How many gates a p would be adjusted for: not those without data, nor shares that are 1 throughout."""
    return sum(
        fnmatchcase(metric.name, gate.metric) and _differs(metric, frame)
        for gate in gates
        if gate.level is not Level.OFF
        for metric in METRICS
    )


def _differs(metric: Metric, frame: pl.DataFrame) -> bool:
    values = frame.get_column(metric.column).cast(pl.Float64).drop_nulls()
    return bool(len(values)) and not (metric.unit is Unit.SHARE and bool((values == 1.0).all()))


def logs_of(metric: Metric, frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The logarithms of what is above zero, with the numbers of task and run."""
    rows = frame.select(
        value=pl.col(metric.column).cast(pl.Float64),
        task=pl.col("task").rank("dense"),
        run=pl.col("run_id").fill_null("").rank("dense"),
    ).filter(pl.col("value") > 0)
    values = np.log(rows.get_column("value").to_numpy())
    return values, rows.get_column("task").to_numpy(), rows.get_column("run").to_numpy()


def smallest_effect(within_sd: float, apart: Drift, seed: int, alpha: float) -> float:
    """What one run a side would tell from nothing at that level, in POWER of all comparisons, as `diff` tells it."""
    normal = NormalDist()
    places = (np.arange(_PLACES) + 0.5) / _PLACES
    errors = math.sqrt(2) * within_sd * np.asarray([normal.inv_cdf(place) for place in places])
    return detectable(Estimate(1.0, 1.0, 0.0, errors), apart, seed, alpha)
