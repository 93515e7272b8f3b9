"""The metrics of a session: where each stands in its summary, in which unit, which way is worse, what is told of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from agenttrace.diff.statistics.shapes import Stat
from agenttrace.model.vocabulary import Phase

_LARGEST = 30.0


class Unit(StrEnum):
    """What a metric counts. Shares are compared by their difference, all others by their ratio."""

    NS = "ns"
    COUNT = "1"
    TOKENS = "tokens"
    RATE = "tokens/s"
    SHARE = "share"


_ALL = (Stat.GEOMEAN, Stat.TAIL_MEAN, Stat.P50, Stat.P95, Stat.P99)
_PARTS = (Stat.MEAN, Stat.P50, Stat.P95)
_OF_REQUESTS = (Stat.GEOMEAN, Stat.P50, Stat.P95)


@dataclass(frozen=True, slots=True)
class Metric:
    """One number of a session. `censored`: a failed session's is a lower bound, for it might have gone on.

    `least_ns`: smaller changes of a duration never matter, unless a gate says otherwise.
    """

    name: str
    column: str
    unit: Unit
    stats: Sequence[Stat]
    more_is_worse: bool = True
    censored: bool = False
    least_ns: int = 250_000_000

    @property
    def relative(self) -> bool:
        """Whether sides are compared by their ratio."""
        return self.unit is not Unit.SHARE

    def shown(self, effect: float) -> float:
        """A ratio, or a difference of shares; a ratio beyond all bounds is as large as one can be."""
        return math.exp(max(-_LARGEST, min(effect, _LARGEST))) if self.relative else effect


METRICS = (
    Metric("session.active_time", "active_ns", Unit.NS, _ALL, censored=True),
    Metric("session.wall_time", "wall_ns", Unit.NS, _ALL, censored=True),
    *(
        Metric(f"phase.{phase.value}", f"path_{phase.value}_ns", Unit.NS, _PARTS, censored=True)
        for phase in Phase
    ),
    Metric("request.ttft", "ttft_p50_ns", Unit.NS, _OF_REQUESTS, least_ns=10_000_000),
    Metric("request.itl", "itl_p50_ns", Unit.NS, _OF_REQUESTS, least_ns=500_000),
    Metric(
        "request.tokens_per_s_user",
        "tokens_per_s_p50",
        Unit.RATE,
        (Stat.GEOMEAN, Stat.P50),
        more_is_worse=False,
    ),
    Metric("tool.time", "busy_tool_ns", Unit.NS, _PARTS, censored=True),
    Metric("cache.hit_rate", "hit_rate", Unit.SHARE, (Stat.MEAN,), more_is_worse=False),
    Metric("session.retries", "retries", Unit.COUNT, (Stat.MEAN,), censored=True),
    Metric("session.success_rate", "succeeded", Unit.SHARE, (Stat.MEAN,), more_is_worse=False),
)

WORK = (
    Metric("turns", "main_turns", Unit.COUNT, (Stat.MEAN,)),
    Metric("requests", "requests", Unit.COUNT, (Stat.MEAN,)),
    Metric("tool_calls", "tool_calls", Unit.COUNT, (Stat.MEAN,)),
    Metric("subagents", "subagents", Unit.COUNT, (Stat.MEAN,)),
    Metric("compactions", "compactions", Unit.COUNT, (Stat.MEAN,)),
    Metric("output_tokens", "output_tokens", Unit.TOKENS, (Stat.MEAN,)),
    Metric("input_tokens", "input_tokens", Unit.TOKENS, (Stat.MEAN,)),
    Metric("context_tokens", "context_max", Unit.TOKENS, (Stat.MEAN,)),
)
"""What the sessions had to do."""

BY_NAME = {metric.name: metric for metric in METRICS}
