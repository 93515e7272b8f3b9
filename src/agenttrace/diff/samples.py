"""The values of one metric on both sides, by task; a failed session's time is a lower bound, never a fast one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from agenttrace.diff.metrics import METRICS, Metric
from agenttrace.diff.pairing import Pairing
from agenttrace.diff.statistics.sample import Sample, side
from agenttrace.diff.statistics.shapes import Floats

_DERIVED = {
    "hit_rate": pl.col("cache_read_tokens") / pl.when(pl.col("input_tokens") > 0).then("input_tokens"),
    "succeeded": (pl.col("outcome") == "succeeded").cast(pl.Float64),
}


def completed(pairing: Pairing) -> Pairing:
    """The pairing with what can be derived, and with what failed and cut sessions may have come to.

    Of everything that adds up while a session goes on (its times, its phases, its tools, retries) each has at least
    as much as the success at its task with the most; where its task has none, as much as the successes with more
    than it have on average; where there are none of these either, what it had.
    """
    both = pl.concat(
        [pairing.base.with_columns(of=pl.lit(0)), pairing.candidate.with_columns(of=pl.lit(1))],
        how="vertical_relaxed",
    ).with_columns(**_DERIVED)
    done = both.get_column("outcome") == "succeeded"
    if not done.all():
        both = both.with_columns(_uncensored(both, metric.column) for metric in METRICS if metric.censored)
    sides = [both.filter(pl.col("of") == place).drop("of") for place in (0, 1)]
    return replace(pairing, base=sides[0], candidate=sides[1])


def _uncensored(both: pl.DataFrame, column: str) -> pl.Series:
    """The values, those of sessions that did not succeed put off; null stays null."""
    done = both.get_column("outcome").to_numpy() == "succeeded"
    values = both.get_column(column).cast(pl.Float64).to_numpy()
    most = pl.when(pl.col("outcome") == "succeeded").then(column).max().over("task")
    known = both.select(most.cast(pl.Float64)).to_series().to_numpy()
    sound = np.sort(values[done & ~np.isnan(values)])
    put_off = np.where(np.isnan(known), _mean_beyond(sound, values), np.fmax(values, known))
    found = np.where(done | np.isnan(values), values, put_off)
    return pl.Series(column, found, dtype=pl.Float64, nan_to_null=True)


def _mean_beyond(ordered: Floats, times: Floats) -> Floats:
    """The geometric mean of the ordered values that are larger; the time itself where none are."""
    logs = np.log(np.maximum(ordered, 1.0))
    sums = np.concatenate([np.cumsum(logs[::-1])[::-1], [0.0]])
    first = np.searchsorted(ordered, times, side="right")
    count = len(ordered) - first
    found: Floats = np.where(count > 0, np.exp(sums[first] / np.maximum(count, 1)), times)
    return found


def sample_of(metric: Metric, pairing: Pairing) -> Sample:
    """The sessions of both sides that know the metric; where they are paired, of tasks that know it on both."""
    known = [
        frame.select("task", value=pl.col(metric.column).cast(pl.Float64))
        .drop_nulls()
        .filter(pl.col("value").is_finite())
        for frame in (pairing.base, pairing.candidate)
    ]
    if pairing.paired and all(frame.height for frame in known):
        shared = (
            known[0]
            .get_column("task")
            .unique()
            .to_frame()
            .join(known[1].select("task").unique(), on="task")
            .sort("task")
        )
        numbers = shared.with_row_index("number")
        known = [frame.join(numbers, on="task", maintain_order="left") for frame in known]
    else:
        known = [frame.with_columns(number=pl.col("task").rank("dense")) for frame in known]
    sides = [
        side(
            frame.get_column("value").to_numpy(),
            frame.get_column("number").to_numpy().astype(np.int64),
            paired=pairing.paired,
        )
        for frame in known
    ]
    return Sample(sides[0], sides[1], pairing.paired)
