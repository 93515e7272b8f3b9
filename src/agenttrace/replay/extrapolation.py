"""How far a replay leaves the conditions that a platform was measured under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from agenttrace.critical_path.arrays import NULL, Ints
from agenttrace.replay.kept_times import keeps_time
from agenttrace.replay.outcome import Outcome
from agenttrace.replay.percentiles import Estimate
from agenttrace.replay.workload import Workload

_TOLERANCE = 1.05
_FEW = 0.01
"""A smaller share of the requests is no condition that was left."""

_DOUBT = 0.5
"""Of a request far beyond what was seen, so much of its time is in doubt."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """A condition that was left: seen from `low` to `high`, here up to `reached`, by a `share` of the requests."""

    condition: str
    low: float
    high: float
    reached: float
    share: float

    @property
    def doubt(self) -> float:
        """The share of the time that is in doubt: none at the border, half of it far out."""
        far = max(self.reached / self.high if self.high else 1.0, self.low / max(self.reached, 1e-9))
        return _DOUBT * self.share * (1 - 1 / max(far, 1.0))


def conditions_left(
    workload: Workload, outcome: Outcome, observed: Mapping[str, tuple[float, float]]
) -> list[Beyond]:
    """The conditions that were observed when the platform was fitted, and are left here."""
    served = ~keeps_time(workload)
    if not observed or not served.any():
        return []
    prompt = np.maximum(workload.requests.input_tokens, 0).astype(np.float64)
    met = {
        "prompt_tokens": prompt,
        "uncached_tokens": np.maximum(prompt - np.maximum(outcome.hit_tokens, 0), 0),
        "sequences": _decoded_beside(outcome).astype(np.float64),
    }
    found = []
    for name, of_all in met.items():
        if name not in observed:
            continue
        low, high = observed[name]
        values = of_all[served]
        above, below = values > high * _TOLERANCE, values < low / _TOLERANCE
        if above.mean() >= _FEW:
            found.append(Beyond(name, low, high, float(values.max()), float(above.mean())))
        elif below.mean() >= _FEW and name == "sequences":
            found.append(Beyond(name, low, high, float(values.min()), float(below.mean())))
    return found


def _decoded_beside(outcome: Outcome) -> Ints:
    """Of each request how many sequences decode on its replica when it begins to, itself included."""
    found = np.ones(len(outcome.first), np.int64)
    for replica in np.unique(outcome.replica):
        rows = np.flatnonzero((outcome.replica == replica) & (outcome.first != NULL))
        first, done = np.sort(outcome.first[rows]), np.sort(outcome.done[rows])
        at = outcome.first[rows]
        found[rows] = np.searchsorted(first, at, side="right") - np.searchsorted(done, at, side="right")
    return np.maximum(found, 1)


def widened(estimates: Sequence[Estimate], left: Sequence[Beyond]) -> list[Estimate]:
    """Intervals that are wider by what is in doubt."""
    doubt = max((one.doubt for one in left), default=0.0)
    if not doubt:
        return list(estimates)
    return [
        replace(
            one,
            low=one.low * (1 - doubt),
            high=one.high + doubt * one.value,
            by={**one.by, "extrapolation": 2 * doubt * one.value},
        )
        for one in estimates
    ]
