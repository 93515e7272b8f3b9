"""What separates hardware from its data sheet: factors and overheads, fitted to measured steps of other hardware."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agenttrace.replay.modelling.cost import Terms

Floats = NDArray[np.float64]

NAMES = {
    "weight_factor": ("1", "reading weights takes so many times longer than at the specified bandwidth"),
    "expert_factor": ("1", "reading experts takes so many times longer"),
    "cache_factor": ("1", "reading the KV cache takes so many times longer"),
    "compute_factor": ("1", "computing takes so many times longer than at the specified peak"),
    "step_overhead": ("ms", "of every step"),
    "layer_overhead": ("ms", "of every layer in a step"),
    "hop_overhead": ("ms", "of every exchange between GPUs, for each doubling of their number"),
    "traffic_factor": ("1", "exchanging takes so many times longer than at the link's specified bandwidth"),
    "sequence_overhead": ("ms", "of every sequence in a step"),
    "prefill_factor": ("1", "prefill takes so many times longer than at the specified peak"),
    "moe_overhead": ("ms", "of every layer with experts in a step"),
}
START = np.array([1.4, 1.4, 1.4, 2.0, 0.5, 0.03, 0.008, 1.5, 0.03, 1.5, 0.01])
READ_SHARE = 0.5
"""Of what a prefill reads, so much is not hidden behind what it computes."""

_SHARPNESS = 3.0
_PRIOR = 0.05 / 200
_ROUNDS = 40
_NEAR = 0.03
_STEP = 1e-4
_LARGEST = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Measured steps: of `terms` a column for each field of Terms, of `prefill` one for each of PrefillTerms.

    The latter is the share of prefills that a token waits for.
    """

    terms: Floats
    prefill: Floats

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Samples:
        """Some of them."""
        return Samples(self.terms[rows], self.prefill[rows])


def samples(terms: Sequence[Terms], prefill: Floats) -> Samples:
    """Of so many measured steps, with the prefills that a token of each waits for."""
    rows = [
        [t.weights, t.experts, t.cache, t.compute, t.layers, t.moe_layers, t.hops, t.traffic, t.sequences]
        for t in terms
    ]
    return Samples(np.array(rows, np.float64).reshape(-1, 9), prefill)


def predict(coefficients: Floats, of: Samples) -> Floats:
    """Milliseconds."""
    a, b, c, d, step, layer, hop, traffic, sequence, _, moe = coefficients
    weights, experts, cache, compute, layers, moe_layers, hops, sent, sequences = of.terms.T
    memory = a * weights + b * experts + c * cache
    work: Floats = (memory**_SHARPNESS + (d * compute) ** _SHARPNESS) ** (1 / _SHARPNESS)
    overhead = step + layer * layers + moe * moe_layers + sequence * sequences
    return work + overhead + hop * hops + traffic * sent + prefill_took(coefficients, of.prefill)


def prefill_took(coefficients: Floats, prefill: Floats) -> Floats:
    """Milliseconds of prefills at the specified peaks, a column for each field of PrefillTerms."""
    weight, expert, traffic, compute = coefficients[[0, 1, 7, 9]]
    return prefill @ np.array([compute, traffic, READ_SHARE * weight, READ_SHARE * expert])


def fit(of: Samples, measured: Floats) -> Floats:
    """The coefficients, all positive, that make the absolute errors of the logarithms small; drawn towards START."""
    found = np.log(START)
    target = np.log(measured)
    weight = _PRIOR * len(measured)
    for _ in range(_ROUNDS):
        now = np.log(predict(np.exp(found), of))
        slopes = np.empty((len(measured), len(found)))
        for place in range(len(found)):
            moved = found.copy()
            moved[place] += _STEP
            slopes[:, place] = (np.log(predict(np.exp(moved), of)) - now) / _STEP
        left = target - now
        importance = 1 / np.maximum(np.abs(left), _NEAR)
        importance /= importance.mean()
        square = slopes.T @ (slopes * importance[:, None]) + weight * np.eye(len(found))
        pull = slopes.T @ (importance * left) - weight * (found - np.log(START))
        found = found + np.clip(np.linalg.solve(square, pull), -_LARGEST, _LARGEST)
    return np.exp(found)
