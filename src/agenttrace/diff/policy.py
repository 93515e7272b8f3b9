"""What is gated on, how much change is tolerated, and what is known of the noise beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase

from agenttrace.diff.statistics.shapes import Stat


class Level(StrEnum):
    """What a gate that fails does: nothing, a warning, exit code 1."""

    OFF = "off"
    WARN = "warn"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Gate:
    """One question whose answer may block. Changes count in the metric's bad direction.

    `tolerated`: so much worse is no regression, and changes within it both ways are no change; a share of the
    baseline, or points of 1 where the metric is a share. `margin`: the whole interval has to lie beyond it.
    `least_ns`: smaller changes of a duration never matter; null: what the metric says of that.
    """

    metric: str
    stat: Stat
    level: Level = Level.ERROR
    tolerated: float = 0.05
    margin: float = 0.01
    least_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """Absolute limits for the candidate: at `most` and at `least`, in the unit of the metric; null: no such limit."""

    metric: str
    stat: Stat
    most: float | None
    level: Level = Level.ERROR
    least: float | None = None

    def holds(self, value: float) -> bool:
        """Whether a value keeps to it."""
        over = self.most is not None and value > self.most
        return not over and not (self.least is not None and value < self.least)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A known change that does not fail: of metrics that match, up to `most` more, until a day."""

    metric: str
    reason: str
    expires: date
    most: float | None = None
    ticket: str | None = None

    @property
    def why(self) -> str:
        """The reason, and where it is talked about."""
        return f"{self.reason} ({self.ticket})" if self.ticket else self.reason

    def covers(self, metric: str, increase: float, today: date) -> bool:
        """Whether it excuses that metric for having become so much worse."""
        within = self.most is None or increase <= self.most
        return fnmatchcase(metric, self.metric) and today <= self.expires and within


DEFAULT_GATES = (
    Gate("session.active_time", Stat.GEOMEAN),
    Gate("session.active_time", Stat.TAIL_MEAN),
    Gate("session.success_rate", Stat.MEAN),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """All settings of a comparison.

    `alpha`: how often all gates together may call equal deployments worse. `run_drift`: how much two runs of one
    deployment are taken to differ, as a standard deviation of logarithms, where nobody measured it.
    """

    gates: Sequence[Gate] = DEFAULT_GATES
    budgets: Sequence[Budget] = ()
    waivers: Sequence[Waiver] = ()
    alpha: float = 0.05
    run_drift: float = 0.05
    least_paired: float = 0.8
    pair_by: str | None = None
    fail_on: Sequence[str] = ("regression",)
    seed: int = 0
