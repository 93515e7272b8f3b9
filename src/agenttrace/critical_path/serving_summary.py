"""What all agents felt of their servers: percentiles over requests, by priority too, affinity, concurrency, retries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agenttrace.critical_path.summary import Quantiles, quantiles

if TYPE_CHECKING:
    import polars as pl

    from agenttrace.critical_path.analysis import Analysis

_SLOW = {"p50": 50, "slow5": 5, "slow1": 1}


@dataclass(frozen=True, slots=True)
class Speeds:
    """Tokens a second that a user got: the median, and what 95 and 99 % of `n` requests exceeded; null if n is 0."""

    p50: float | None
    slow5: float | None
    slow1: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Felt:
    """What requests felt; `priority` is null where none was stated, or for all of them together."""

    priority: int | None
    ttft_ns: Quantiles
    itl_ns: Quantiles
    tokens_per_s_user: Speeds


@dataclass(frozen=True, slots=True)
class ServingSummary:
    """Over all sessions. `priorities` is empty where no request states one.

    Of `affinity_pairs` requests that follow one of the same agent, `affinity_same` met its worker again.
    `running_ns`: how long how many calls ran at once, summed over sessions.
    """

    requests: Felt
    priorities: Sequence[Felt]
    affinity_pairs: int
    affinity_same: int
    running_ns: dict[int, int]
    retries: int
    failed_attempt_ns: int
    backoff_ns: int


def summarise_serving(analysis: Analysis) -> ServingSummary:
    """Sums and percentiles over `analysis.latencies`, `sessions` and `concurrency`."""
    sessions, latencies = analysis.sessions, analysis.latencies
    stated = sorted(latencies["priority"].drop_nulls().unique().to_list())
    levels: Counter[int] = Counter()
    for running, length_ns in analysis.concurrency.select("running", "length_ns").iter_rows():
        levels[running] += length_ns
    return ServingSummary(
        requests=_felt(None, latencies),
        priorities=[_felt(one, latencies.filter(latencies["priority"] == one)) for one in stated],
        affinity_pairs=int(sessions["affinity_pairs"].sum()),
        affinity_same=int(sessions["affinity_same"].sum()),
        running_ns=dict(sorted(levels.items())),
        retries=int(sessions["retries"].sum()),
        failed_attempt_ns=int(sessions["purpose_failed_attempt_ns"].sum()),
        backoff_ns=int(sessions["path_backoff_ns"].sum()),
    )


def _felt(priority: int | None, latencies: pl.DataFrame) -> Felt:
    ttft, itl = (_values(latencies, name) for name in ("ttft", "itl"))
    return Felt(priority, quantiles(ttft.tolist()), quantiles(itl.tolist()), _speeds(itl))


def _values(latencies: pl.DataFrame, measure: str) -> np.ndarray:
    chosen = latencies.filter(latencies["measure"] == measure)
    return np.repeat(chosen["value_ns"].to_numpy(), chosen["count"].to_numpy())


def _speeds(itl_ns: np.ndarray) -> Speeds:
    speed = 1e9 / itl_ns[itl_ns > 0]
    if not len(speed):
        return Speeds(None, None, None, 0)
    found = {name: round(float(np.percentile(speed, percent)), 3) for name, percent in _SLOW.items()}
    return Speeds(**found, n=len(speed))
