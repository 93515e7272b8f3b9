"""What all agents felt of their servers: percentiles over requests, by priority too, affinity, concurrency, retries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from agenttrace.critical_path.arrays import Ints
from agenttrace.critical_path.summary import Quantiles, percentile

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
    ttft, itl = (Counted.of(latencies, name) for name in ("ttft", "itl"))
    return Felt(priority, ttft.quantiles(), itl.quantiles(), _speeds(itl))


@dataclass(frozen=True, slots=True)
class Counted:
    """Values that ascend, and how many values are no larger than each: millions of requests take no room."""

    values: Ints
    until: Ints

    @classmethod
    def of(cls, latencies: pl.DataFrame, measure: str) -> Counted:
        """Of one measure."""
        chosen = latencies.filter(latencies["measure"] == measure)
        values, counts = chosen["value_ns"].to_numpy(), chosen["count"].to_numpy()
        order = np.argsort(values, kind="stable")
        return cls(values[order], np.cumsum(counts[order]))

    def __len__(self) -> int:
        """How many there are, each as often as it is counted."""
        return int(self.until[-1]) if len(self.until) else 0

    def __getitem__(self, rank: int) -> int:
        """The value of that rank, from 0."""
        return int(self.values[np.searchsorted(self.until, rank, side="right")])

    def quantiles(self) -> Quantiles:
        """As `summary.quantiles` has them of the values one by one."""
        n = len(self)
        if not n:
            return Quantiles(None, None, None, None, None, 0)
        p50, p90, p95, p99 = (percentile(self, percent) for percent in (50, 90, 95, 99))
        return Quantiles(p50, p90, p95, p99, self[n - 1], n)


def _speeds(itl_ns: Counted) -> Speeds:
    """A request is faster the smaller its interval: the ranks run the other way. An interval of 0 tells no speed."""
    none = int(np.searchsorted(itl_ns.values, 0, side="right"))
    untold = int(itl_ns.until[none - 1]) if none else 0
    n = len(itl_ns) - untold
    if not n:
        return Speeds(None, None, None, 0)
    found = {}
    for name, percent in _SLOW.items():
        place = (n - 1) * percent / 100
        below, above = (
            1e9 / itl_ns[untold + n - 1 - rank] for rank in (int(place), min(int(place) + 1, n - 1))
        )
        found[name] = round(below + (above - below) * (place - int(place)), 3)
    return Speeds(**found, n=n)
