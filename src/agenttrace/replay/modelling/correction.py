"""What the physics leaves over, as far as it goes with the software, the model and the load and not with the hardware.

A linear function of the logarithm's residuals, drawn towards 0, of which only a share is applied: on hardware that
was never measured part of it will not hold. What one server makes of one model has columns of its own, so that a
model which one server is slow with is not taken for slow on the others; and a setting that was measured at many
loads does not outweigh those that were measured at few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agenttrace.replay.modelling.coefficients import Floats

_STRENGTH = 2.0
_SHARE = 0.7
_ROUNDS = 15
_NEAR = 0.03
_LEAST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Under which a step was measured. `hardware` only tells settings apart, nothing is learnt of it."""

    hardware: str
    backend: str
    model: str
    precision: str
    concurrency: float
    tensor: float
    input_tokens: float
    output_tokens: float
    expert_parallel: bool
    data_parallel: bool


@dataclass(frozen=True, slots=True)
class _Names:
    """Of servers, of models, and of pairs of both, those that have columns."""

    backends: tuple[str, ...]
    models: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Correction:
    """Learnt from measured steps. Models that it has hardly seen are left to the physics."""

    names: _Names
    weights: Floats

    def factors(self, of: Sequence[Circumstances]) -> Floats:
        """By what to multiply predictions."""
        share = np.array([_SHARE if one.model in self.names.models else 0.0 for one in of])
        return np.exp(share * (_columns(of, self.names) @ self.weights))


def learn(of: Sequence[Circumstances], measured_over_predicted: Floats) -> Correction:
    """The correction that brings predictions to what was measured."""
    names = _Names(
        _frequent([one.backend for one in of]),
        _frequent([one.model for one in of]),
        tuple(sorted({(one.backend, one.model) for one in of})),
    )
    columns, left = _columns(of, names), np.log(measured_over_predicted)
    balance = _balance(of)
    weights: Floats = np.zeros(columns.shape[1])
    for _ in range(_ROUNDS):
        importance: Floats = 1 / np.maximum(np.abs(left - columns @ weights), _NEAR)
        importance = importance / importance.mean() * balance
        square = columns.T @ (columns * importance[:, None]) + _STRENGTH * np.eye(columns.shape[1])
        weights = np.asarray(np.linalg.solve(square, columns.T @ (importance * left)), np.float64)
    return Correction(names, weights)


def _balance(of: Sequence[Circumstances]) -> Floats:
    """Weights of 1 on average, each smaller by the root of how many steps were measured in its setting."""
    settings = [
        (one.hardware, one.backend, one.model, one.precision, one.tensor, one.data_parallel) for one in of
    ]
    count = Counter(settings)
    weights = np.array([count[setting] ** -0.5 for setting in settings], np.float64)
    return weights / max(float(weights.mean()), 1e-9)


def _frequent(names: Sequence[str]) -> tuple[str, ...]:
    """Those of which there is enough to learn from."""
    return tuple(sorted(name for name, count in Counter(names).items() if count >= _LEAST_ROWS))


def _columns(of: Sequence[Circumstances], names: _Names) -> Floats:
    """Scaled so that what is drawn towards 0 hardest is what ought to vary least."""
    count = np.log([one.concurrency for one in of]) / 4
    asked = np.log(np.array([one.input_tokens for one in of]) / 1024) / 2
    answered = np.log(np.array([one.output_tokens for one in of]) / 1024) / 2
    spread = np.log2([one.tensor for one in of]) / 3
    experts = np.array([one.expert_parallel for one in of], np.float64)
    groups = np.array([one.data_parallel for one in of], np.float64)

    def is_one(names: Sequence[str], wanted: str) -> Floats:
        return np.array([name == wanted for name in names], np.float64)

    precision = [one.precision for one in of]
    by_backend = [is_one([one.backend for one in of], name) for name in names.backends]
    by_model = [is_one([one.model for one in of], name) for name in names.models]
    columns = [np.ones(len(of)), *(3 * column for column in by_backend), *(2 * column for column in by_model)]
    columns += [is_one(precision, kind) for kind in ("fp4", "bf16", "int4")]
    columns += [count, count**2, spread]
    columns += [asked, answered, asked * count, experts, groups, experts * count]
    for column in by_backend:
        columns += [column * count, column * asked]
    for column in by_model:
        columns += [column * count, 0.7 * column * asked]
    pairs = [(one.backend, one.model) for one in of]
    columns += [2 * np.array([pair == wanted for pair in pairs], np.float64) for wanted in names.pairs]
    return np.stack(columns, axis=1)
