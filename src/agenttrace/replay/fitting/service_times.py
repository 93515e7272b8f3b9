"""Step times fitted to the decodes of a trace: a decode is its steps, and the prefills that it stood still for.

    decode = steps * (a + b * sequences + c * context) + p * prefills + q * prefilled + r * prefilled * prompt

So prefill is measured by what it does to others, which a queue before it cannot disturb. Where prompts are prefilled
on workers of their own, which hold up nobody, or too few decodes stood still for one, it is measured by what requests
wait for their first token: those that met no load, where there is no other way to tell their queue from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import Ints
from agenttrace.replay.fitting.observed import Floats, Observed
from agenttrace.replay.steps import AffineSteps
from agenttrace.serving.fitting import least_absolute

LEAST_REQUESTS = 20
_MOST = 4000
_WORTH = 0.97
"""A further parameter has to bring the residuals below this share of what they were."""

_DRAWS = 24
_OPTIONAL = (1, 5)
_DECODING = (0, 1, 2)
_PREFILLING = [3, 4]
_NAMES = (
    "step_ns",
    "per_sequence_ns",
    "per_context_ns",
    "prefill_step_ns",
    "per_token_ns",
    "per_token_context_ns",
)


@dataclass(frozen=True, slots=True, eq=False)
class ServiceFit:
    """`weights` in the order of AffineSteps' fields, with the middle 90 % of `draws` of sessions as interval.

    `error`: half of the decodes are nearer to the fit than this share of them. `requests`: how many there were.
    """

    weights: Floats
    draws: Floats
    error: float
    requests: int

    @property
    def steps(self) -> AffineSteps:
        """The fit as step times."""
        return AffineSteps(*self.weights.tolist())

    def prefill_ns(self, uncached: Floats | Ints, prompt: Floats | Ints) -> Floats:
        """How long prefill takes, of so many tokens that no cache has; 0 where the traces do not tell."""
        _, _, _, step, token, token_context = self.weights
        found: Floats = step + token * uncached + token_context * uncached * prompt
        return found

    def interval(self, name: str) -> tuple[float, float]:
        """Where nine of ten draws of sessions lie."""
        low, high = np.quantile(self.draws[:, _NAMES.index(name)], [0.05, 0.95])
        return float(low), float(high)


def fit_service_times(observed: Observed, seed: int) -> ServiceFit | None:
    """The fit; None where there is not enough to fit."""
    usable = np.flatnonzero((observed.parts[:, 0] > 0) & (observed.decode > 0))
    if len(usable) < LEAST_REQUESTS:
        return None
    random = np.random.default_rng(seed)
    if len(usable) > _MOST:
        usable = np.sort(random.choice(usable, _MOST, replace=False))
    columns, whole = observed.parts[usable] / observed.decode[usable, None], np.ones(len(usable))
    chosen = _worthwhile(columns, whole, _DECODING if observed.apart else range(columns.shape[1]))
    weights = np.zeros(columns.shape[1])
    weights[chosen] = least_absolute(columns[:, chosen], whole)
    used = np.flatnonzero(weights)
    waited = _told_by_waits(observed, usable, weights)
    waits = _waits(observed, waited)
    if len(waited):
        weights[_PREFILLING] = least_absolute(waits, np.ones(len(waited)))
    if observed.apart:
        columns[:, _PREFILLING] = 0.0
    draws = np.zeros((_DRAWS, len(weights)))
    for draw in range(_DRAWS):
        rows = _drawn(observed.session[usable], random)
        draws[draw, used] = least_absolute(columns[rows][:, used], whole[rows])
        if len(waited):
            rows = _drawn(observed.session[waited], random)
            draws[draw, _PREFILLING] = least_absolute(waits[rows], np.ones(len(rows)))
    error = float(np.median(np.abs(columns @ weights - 1)))
    return ServiceFit(weights, draws, error, len(usable))


def _told_by_waits(observed: Observed, rows: Ints, weights: Floats) -> Ints:
    """Those of `rows` whose waits tell the prefill; none where decodes that stood still for it do."""
    if observed.apart:
        return rows
    alone = rows[observed.alone[rows] & (observed.wait[rows] > 0)]
    return alone if len(alone) >= LEAST_REQUESTS and not weights[_PREFILLING].any() else rows[:0]


def _waits(observed: Observed, rows: Ints) -> Floats:
    """What a wait for the first token is made of, as shares of it: a prefill, and its uncached tokens."""
    parts = np.stack([np.ones(len(rows)), observed.uncached[rows]], axis=1)
    shares: Floats = parts / np.maximum(observed.wait[rows, None], 1.0)
    return shares


def _worthwhile(columns: Floats, whole: Floats, fitted: Sequence[int]) -> list[int]:
    """Those of the `fitted` columns without those optional ones that explain next to nothing more."""
    chosen = [place for place in fitted if place not in _OPTIONAL]
    left = _residual(columns[:, chosen], whole)
    for place in (place for place in reversed(_OPTIONAL) if place in fitted):
        more = sorted([*chosen, place])
        rest = _residual(columns[:, more], whole)
        if rest < left * _WORTH:
            chosen, left = more, rest
    return chosen


def _residual(columns: Floats, whole: Floats) -> float:
    return float(np.abs(columns @ least_absolute(columns, whole) - whole).sum())


def _drawn(session: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Rows of as many sessions as there are, drawn with replacement; of one session, of its rows."""
    names, place = np.unique(session, return_inverse=True)
    if len(names) == 1:
        return random.integers(len(session), size=len(session))
    times = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
    return np.repeat(np.arange(len(session)), times[place.reshape(-1)])
