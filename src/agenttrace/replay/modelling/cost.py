"""The terms of a decode step and of a prefill, as a roofline with overheads.

    step = (memory^3 + compute^3)^(1/3) + step overhead + layers * layer overhead + MoE layers * MoE overhead
           + links + sequences * sequence overhead
    memory = weights * a + experts touched * b + cache read * c         each over the bandwidth it has
    compute = 2 * active parameters * tokens * d                         over the peak of the precision
    prefill = (2 * active parameters * tokens + attention) * p           over the peak
              + what its tokens exchange * t + (weights * a + all experts * b) / 2

a, b, c, d, p, t are how many times longer than at the specified peak it takes: see coefficients.py. Half of what a
prefill reads is taken to be hidden behind what it computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

from agenttrace.replay.modelling.architecture import Architecture

_MS = 1e3
_ACTIVATION_BYTES = 2


@dataclass(frozen=True, slots=True)
class Chip:
    """One GPU. Peaks are dense, in operations a second; links are one direction of one GPU, bytes a second.

    A precision that it cannot compute in has 0: then it computes in the next wider one. Integers are only how weights
    are kept: with them it computes in 16 bits.
    """

    bf16: float
    fp8: float
    fp4: float
    bandwidth: float
    link: float
    memory_bytes: float

    def peak(self, precision: str) -> float:
        """Operations a second."""
        by_precision = {
            "bf16": self.bf16,
            "fp8": self.fp8 or self.bf16,
            "fp4": self.fp4 or self.fp8 or self.bf16,
            "int4": self.bf16,
        }
        return by_precision[precision]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a replica is spread: `tensor` GPUs share each layer's attention, `data` such groups share the experts."""

    tensor: float
    data: float = 1.0

    @property
    def gpus(self) -> float:
        """All of them."""
        return self.tensor * self.data


@dataclass(frozen=True, slots=True)
class Terms:
    """Parts of a step at the specified peaks, in ms; counts of what carries an overhead."""

    weights: float
    experts: float
    cache: float
    compute: float
    layers: float
    moe_layers: float
    hops: float
    traffic: float
    sequences: float


def decode_terms(
    model: Architecture, chip: Chip, layout: Layout, precision: str, batch: tuple[float, float]
) -> Terms:
    """`batch`: sequences in all, and the context of each of them."""
    sequences, context = batch
    own = sequences / layout.data
    read = chip.bandwidth / _MS
    touched = model.moe_layers * model.experts_touched(sequences) * model.expert_bytes(precision)
    several = layout.tensor > 1
    return Terms(
        weights=(model.always_bytes(precision) + model.head_bytes) / layout.tensor / read,
        experts=touched / layout.gpus / read,
        cache=own * model.read_per_sequence(context) / model.kv_shards(layout.tensor) / read,
        compute=2 * model.active_parameters * sequences / layout.gpus / chip.peak(precision) * _MS,
        layers=float(model.layers),
        moe_layers=float(model.moe_layers),
        hops=2 * model.layers * log2(layout.tensor) if several else 0.0,
        traffic=_exchanged(model, layout, own) / chip.link * _MS,
        sequences=own,
    )


@dataclass(frozen=True, slots=True)
class PrefillTerms:
    """Parts of a prompt's prefill at the specified peaks, in ms: what is exchanged, and what is read once a step."""

    compute: float
    traffic: float
    weights: float
    experts: float


def prefill_terms(
    model: Architecture, chip: Chip, layout: Layout, precision: str, tokens: tuple[float, float]
) -> PrefillTerms:
    """`tokens`: new ones, and those before them that are cached. Enough of them touch every expert."""
    read = chip.bandwidth / _MS
    return PrefillTerms(
        compute=prefill_ms(model, chip, layout, precision, tokens),
        traffic=traffic_ms(model, chip, layout, tokens[0]),
        weights=(model.always_bytes(precision) + model.head_bytes) / layout.tensor / read,
        experts=model.moe_layers * model.experts * model.expert_bytes(precision) / layout.gpus / read,
    )


def traffic_ms(model: Architecture, chip: Chip, layout: Layout, tokens: float) -> float:
    """What so many tokens, of all groups, exchange at the link's specified bandwidth."""
    return _exchanged(model, layout, tokens / layout.data) / chip.link * _MS


def _exchanged(model: Architecture, layout: Layout, tokens: float) -> float:
    """Bytes that a GPU sends for so many tokens of its group: twice in every layer."""
    share = (layout.tensor - 1) / layout.tensor
    return 2 * model.layers * tokens * model.hidden * _ACTIVATION_BYTES * share


def prefill_ms(
    model: Architecture, chip: Chip, layout: Layout, precision: str, tokens: tuple[float, float]
) -> float:
    """What a prompt's prefill computes, at the specified peaks; `tokens` as in `prefill_terms`."""
    new, past = tokens
    linear = 2 * model.active_parameters * new / layout.gpus / chip.peak(precision)
    each = past + new / 2
    reach = new * (min(each, model.sparse_topk) if model.latent and model.sparse_topk else each)
    attention = model.layers * 4 * model.heads * model.head_dim * reach / layout.gpus / chip.bf16
    return (linear + attention) * _MS
