"""How much runs of one deployment differ, measured once, so that later comparisons know it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np
import polars as pl

from agenttrace.diff.metrics import METRICS, Metric, Unit
from agenttrace.diff.pairing import NONE, pair
from agenttrace.diff.samples import completed
from agenttrace.diff.spread import LEAST_TASKS, Runs, measured, shared_by_all
from agenttrace.diff.statistics.intervals import POWER
from agenttrace.errors import UsageError

_OF_A_RUN = ["session", "start_ns", "wall_ns", "outcome"]
_TOLD = frozenset({Unit.NS, Unit.RATE})


@dataclass(frozen=True, slots=True)
class RunNoise:
    """Of one metric: the standard deviation that runs add to its logarithm, and what one run a side tells.

    `within_sd`: of a run's mean by its sessions alone, tasks taken out.
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


def measure_noise(runs: Sequence[pl.DataFrame], pair_by: str | None, alpha: float) -> Noise:
    """Summaries of at least two runs of one deployment, each its own frame.

    UsageError where two are the same one, or where hardly any task is in all of them.
    """
    told = [frame.select(_OF_A_RUN).sort(_OF_A_RUN) for frame in runs]
    if any(one.equals(other) for one, other in combinations(told, 2)):
        raise UsageError(
            "two of the runs are the same sessions", hint="run the tasks again: a copy differs by nothing"
        )
    all_of = pl.concat([frame.with_columns(run_id=pl.lit(str(place))) for place, frame in enumerate(runs)])
    matched = pair(all_of, all_of, pair_by)
    whole = completed(matched).base
    frame = _shared(whole, matched.paired_by)
    found = [noise for metric in METRICS if (noise := _noise(metric, frame, alpha)) is not None]
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


def _noise(metric: Metric, frame: pl.DataFrame, alpha: float) -> RunNoise | None:
    if metric.unit not in _TOLD:
        return None
    rows = logs_of(metric, frame)
    told = measured(*rows)
    if told is None:
        return None
    sizes = np.unique(rows[2], return_counts=True)[1]
    sd = math.sqrt(told.variance)
    within = math.sqrt(max(told.within, 0.0) / float(sizes.mean()))
    return RunNoise(metric.name, sd, told.freedom, within, smallest_change(sd, within, alpha))


def logs_of(metric: Metric, frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The logarithms of what is above zero, with the numbers of task and run."""
    rows = frame.select(
        value=pl.col(metric.column).cast(pl.Float64),
        task=pl.col("task").rank("dense"),
        run=pl.col("run_id").fill_null("").rank("dense"),
    ).filter(pl.col("value") > 0)
    values = np.log(rows.get_column("value").to_numpy())
    return values, rows.get_column("task").to_numpy(), rows.get_column("run").to_numpy()


def smallest_change(run_sd: float, within_sd: float, alpha: float) -> float:
    """The ratio that one run a side would tell from nothing, in POWER of all comparisons."""
    normal = NormalDist()
    apart = math.sqrt(2) * math.hypot(run_sd, within_sd)
    return math.exp((normal.inv_cdf(1 - alpha) + normal.inv_cdf(POWER)) * apart)
