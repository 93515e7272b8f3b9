"""What the sessions had to do, and how their times compare for equal work.

Where an agent behaves differently its sessions take longer on the same server. What a session of the candidate would
have taken on the baseline's deployment is its counterpart's time, each phase of it scaled by what drives it: decode by
output tokens, prefill by input tokens that no cache held, tools by their calls, the rest by requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from agenttrace.diff.metrics import WORK, Metric, Unit
from agenttrace.diff.pairing import Pairing
from agenttrace.diff.samples import sample_of
from agenttrace.diff.statistics.drift import Drift
from agenttrace.diff.statistics.intervals import interval
from agenttrace.diff.statistics.sample import Sample
from agenttrace.diff.statistics.shapes import Floats, Stat
from agenttrace.diff.verdicts import Measured, measure
from agenttrace.model.vocabulary import Phase

CHANGED_FROM = 0.05
CERTAIN = 0.01
_MUCH = 0.1
"""Of the time: what drives so much of it has to be known for times to be adjusted."""

_ACTIVE = [phase for phase in Phase if phase not in {Phase.USER, Phase.SUSPENDED}]
_DRIVERS = {
    Phase.PREFILL: "fresh_tokens",
    Phase.DECODE: "output_tokens",
    Phase.MODEL: "output_tokens",
    Phase.TOOL: "tool_calls",
}
_TIME = Metric("session.work_adjusted_time", "active_ns", Unit.NS, (Stat.GEOMEAN,))


@dataclass(frozen=True, slots=True)
class Work:
    """Means of both sides; `changed`: the ratio is more than a few percent from 1, and that is no chance."""

    name: str
    baseline: float
    candidate: float
    ratio: float | None
    changed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """The work of both sides, and the ratio of active times for equal work with its interval; null if unknown."""

    work: Sequence[Work]
    expected: float | None
    adjusted: Measured | None
    ci: tuple[float, float] | None

    @property
    def changed(self) -> Sequence[str]:
        """What the sessions did more or less of."""
        return [of.name for of in self.work if of.changed]

    @property
    def ratio(self) -> float | None:
        """Of active times, for equal work."""
        found = self.adjusted.found if self.adjusted is not None else None
        return float(np.exp(found.effect)) if found is not None else None


def compare_work(pairing: Pairing, seed: int) -> Workload:
    """The workload of a pairing; where work did not change, times are adjusted all the same.

    What failed or was cut off did less because of that: only sessions that succeeded are looked at, where both sides
    have some.
    """
    pairing = _succeeded(pairing)
    work = [found for metric in WORK if (found := _work(metric, pairing, seed)) is not None]
    sample, expected = _adjusted(pairing)
    adjusted = measure(_TIME, Stat.GEOMEAN, sample, seed) if sample is not None else None
    estimate = adjusted.found if adjusted is not None else None
    ends = interval(estimate, Drift(), seed) if estimate is not None else None
    ci = (float(np.exp(ends[0])), float(np.exp(ends[1]))) if ends is not None else None
    return Workload(work, expected, adjusted, ci)


def _succeeded(pairing: Pairing) -> Pairing:
    sides = [frame.filter(pl.col("outcome") == "succeeded") for frame in (pairing.base, pairing.candidate)]
    if pairing.paired:
        shared = set(sides[0].get_column("task")) & set(sides[1].get_column("task"))
        sides = [frame.filter(pl.col("task").is_in(sorted(shared))) for frame in sides]
    if not all(frame.height for frame in sides):
        return pairing
    return replace(pairing, base=sides[0], candidate=sides[1])


def _work(metric: Metric, pairing: Pairing, seed: int) -> Work | None:
    sample = sample_of(metric, pairing)
    if not sample.known:
        return None
    means = [float(np.average(of.values, weights=of.weight)) for of in (sample.base, sample.candidate)]
    ratio = means[1] / means[0] if means[0] else None
    apart = abs(ratio - 1) > CHANGED_FROM if ratio is not None else means[1] > 0
    changed = apart and _certain(metric, sample, seed)
    return Work(metric.name, means[0], means[1], ratio, changed)


def _certain(metric: Metric, sample: Sample, seed: int) -> bool:
    found = measure(metric, Stat.MEAN, sample, seed)
    return found.chance is not None and 2 * min(found.chance.p(Drift(), seed)) <= CERTAIN


def _adjusted(pairing: Pairing) -> tuple[Sample | None, float | None]:
    """The candidate's times against what the baseline's deployment would have taken for its work.

    Beside it the ratio of that to what the baseline took.
    """
    means = [_by_task(frame) for frame in (pairing.base, pairing.candidate)]
    if not pairing.paired:
        means = [frame.select(pl.exclude("task").mean()).with_columns(task=pl.lit("")) for frame in means]
    joined = means[0].join(means[1], on="task", suffix="_after").sort("task")
    if _driver_unknown(joined):
        return None, None
    taken, expected = (_expected(joined, worked=worked) for worked in (False, True))
    usable = (taken > 0) & (expected > 0)
    if not usable.any():
        return None, None
    factors = np.where(usable, expected / np.where(usable, taken, 1.0), 1.0)
    scale = dict(zip(joined.get_column("task").to_list(), factors.tolist(), strict=True))
    overall = float(np.exp(np.log(factors).mean()))
    default = 1.0 if pairing.paired else scale[""]
    of_base = pl.col("task").replace_strict(scale, default=default, return_dtype=pl.Float64)
    base = pairing.base.with_columns(active_ns=pl.col("active_ns").cast(pl.Float64) * of_base)
    return sample_of(_TIME, replace(pairing, base=base)), overall


def _by_task(frame: pl.DataFrame) -> pl.DataFrame:
    columns = [f"path_{phase.value}_ns" for phase in _ACTIVE]
    fresh = pl.col("input_tokens") - pl.col("cache_read_tokens").fill_null(0)
    return (
        frame.with_columns(fresh_tokens=fresh)
        .group_by("task")
        .agg(
            pl.col(*columns, "fresh_tokens", "output_tokens", "tool_calls", "requests")
            .cast(pl.Float64)
            .mean()
        )
    )


def _driver_unknown(joined: pl.DataFrame) -> bool:
    """Whether much of the time is driven by something that a side does not tell at all."""
    took = {phase: float(joined.get_column(f"path_{phase.value}_ns").fill_null(0).sum()) for phase in _ACTIVE}
    untold = [
        phase
        for phase in _ACTIVE
        for name in [_DRIVERS.get(phase, "requests")]
        if joined.get_column(name).is_null().all() or joined.get_column(f"{name}_after").is_null().all()
    ]
    return sum(took[phase] for phase in untold) > _MUCH * max(1.0, sum(took.values()))


def _expected(joined: pl.DataFrame, *, worked: bool) -> Floats:
    total = np.zeros(joined.height)
    for phase in _ACTIVE:
        took = joined.get_column(f"path_{phase.value}_ns").fill_null(0).to_numpy()
        total += took * _driven(joined, _DRIVERS.get(phase, "requests")) if worked else took
    return total


def _driven(joined: pl.DataFrame, driver: str) -> Floats:
    """How much more of it the candidate had to do; 1 where that is not known."""
    before, after = pl.col(driver), pl.col(f"{driver}_after")
    ratio = pl.when((before > 0) & (after > 0)).then(after / before).otherwise(1.0).fill_null(1.0)
    found: Floats = joined.select(ratio).to_series().to_numpy()
    return found
