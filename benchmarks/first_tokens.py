"""Times to first token of loaded servers, predicted for hardware that was left out.

Prefill explains little of them: at up to four requests at once, half of the measured ones are 30 times the prefill at
the specified peak. The rest is the server (its front end, its scheduler, the step under way) and the queue, which go
with the software, the load and the time of a step. So what is learnt is a power law in these, and what it leaves over
as far as it goes with the circumstances (correction.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agenttrace.replay.modelling.correction import Correction, learn
from measured_steps import Measured

_ROUNDS = 30
_NEAR = 0.05
_STRENGTH = 1e-3
_FEW = 4


@dataclass(frozen=True, slots=True, eq=False)
class FirstTokens:
    """The law: exponents of prefill, concurrency, step, answer and prompt, and factors by software."""

    backends: tuple[str, ...]
    weights: np.ndarray
    correction: Correction

    def predict(self, rows: Sequence[Measured], own_ms: np.ndarray, step_ms: np.ndarray) -> np.ndarray:
        """Milliseconds. `own_ms`: prefills at the specified peak; `step_ms`: predicted times between tokens."""
        found: np.ndarray = np.exp(_columns(rows, own_ms, step_ms, self.backends) @ self.weights)
        return found * self.correction.factors([row.circumstances for row in rows])


def learn_first_tokens(rows: Sequence[Measured], own_ms: np.ndarray, step_ms: np.ndarray) -> FirstTokens:
    """The law that brings the absolute errors of the logarithms down, from the rows that state a first token."""
    told = np.array([row.ttft_ms is not None for row in rows])
    known = [row for row in rows if row.ttft_ms is not None]
    backends = tuple(sorted({row.backend for row in known}))
    columns = _columns(known, own_ms[told], step_ms[told], backends)
    target = np.log(np.array([row.ttft_ms or 1.0 for row in known]))
    weights = np.zeros(columns.shape[1])
    for _ in range(_ROUNDS):
        importance = 1 / np.maximum(np.abs(target - columns @ weights), _NEAR)
        square = columns.T @ (columns * importance[:, None]) + _STRENGTH * np.eye(columns.shape[1])
        weights = np.linalg.solve(square, columns.T @ (importance * target))
    left = np.exp(target - columns @ weights)
    return FirstTokens(backends, weights, learn([row.circumstances for row in known], left))


def _columns(
    rows: Sequence[Measured], own_ms: np.ndarray, step_ms: np.ndarray, backends: tuple[str, ...]
) -> np.ndarray:
    count = np.log([row.concurrency for row in rows])
    columns = [np.ones(len(rows)), np.log(np.maximum(own_ms, 1e-3)), count, np.log(step_ms)]
    columns += [np.log([row.output_tokens for row in rows]), np.log([row.input_tokens for row in rows])]
    for backend in backends[1:]:
        one = np.array([row.backend == backend for row in rows], np.float64)
        columns += [one, one * count]
    return np.stack(columns, axis=1)


def overhead_ms(rows: Sequence[Measured], modelled_ms: np.ndarray) -> dict[str, float]:
    """What few requests at once wait for beyond what is modelled, ms: half of them less, and one of ten and nine."""
    few = np.array([row.concurrency <= _FEW and row.ttft_ms is not None for row in rows])
    left = (np.array([row.ttft_ms or np.nan for row in rows]) - modelled_ms)[few]
    low, middle, high = np.quantile(left, (0.1, 0.5, 0.9)) if len(left) else (np.nan,) * 3
    return {"n": int(few.sum()), "median": round(middle, 1), "low": round(low, 1), "high": round(high, 1)}
