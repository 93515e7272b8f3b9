"""What a model is made of, as far as time and memory depend on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from agenttrace.errors import InputError

_SPARSE_LATENT = 512 + 4 * 4 + 64 * 2
_INDEXER = 128 + 4
"""Bytes of a token in a layer where attention is sparse, as FlashMLA and vLLM lay them out in eight bits: the latent
with four scales and its rotary part in sixteen bits, and the indexer's key with one scale."""

_BYTES = {"fp8": 1.0, "fp4": 0.5625, "bf16": 2.0, "int4": 0.5625}
"""Of one parameter; four bits come with a scale of eight for every 16 of them, integers with one of 16 for every 32."""

_MXFP4_BYTES = 0.53125
"""With a scale of eight bits for every 32 of them: OCP Microscaling Formats 1.0."""

_FOUR_BITS = frozenset({"fp4", "int4"})


@dataclass(frozen=True, slots=True)
class Architecture:
    """Counts of one model, mostly as in its config. 0 for what it does not have.

    `experts`: routed ones a layer, of which a token meets `experts_per_token`. `kv_elements`: cached a token by the
    layers whose cache grows with the context; `window`: tokens that the other layers keep, as many elements each.
    `latent`: the cache is one latent that all heads share (MLA). `sparse_topk`: tokens that sparse attention reads.
    `native`: the precision in which its weights are published.
    """

    name: str
    source: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    dense_layers: int
    dense_intermediate: int
    expert_intermediate: int
    experts: int
    experts_per_token: int
    shared_intermediate: int
    attention_parameters: int
    kv_elements: int
    window: int
    latent: bool
    sparse_topk: int
    native: str

    @property
    def moe_layers(self) -> int:
        """Layers with routed experts."""
        return self.layers - self.dense_layers if self.experts else 0

    @property
    def expert_parameters(self) -> int:
        """Of one routed expert of one layer."""
        return 3 * self.hidden * self.expert_intermediate if self.experts else 0

    @property
    def always_parameters(self) -> int:
        """Those that every token meets: attention, dense layers, shared experts; without the vocabulary."""
        dense = (self.layers - self.moe_layers) * 3 * self.hidden * self.dense_intermediate
        shared = self.moe_layers * 3 * self.hidden * self.shared_intermediate
        return self.layers * self.attention_parameters + dense + shared

    @property
    def active_parameters(self) -> int:
        """Those that one token meets."""
        return self.always_parameters + self.routed_active_parameters + self.vocabulary * self.hidden

    @property
    def routed_active_parameters(self) -> int:
        """Of the routed experts, those that one token meets."""
        return self.moe_layers * self.experts_per_token * self.expert_parameters

    @property
    def routed_parameters(self) -> int:
        """All routed experts."""
        return self.moe_layers * self.experts * self.expert_parameters

    def experts_touched(self, tokens: float) -> float:
        """How many experts of a layer a step with so many tokens reads, if all are equally likely."""
        if not self.experts:
            return 0.0
        return self.experts * (1 - (1 - self.experts_per_token / self.experts) ** tokens)

    def always_bytes(self, precision: str) -> float:
        """Of `always_parameters`; of MoE models in four bits it stays in eight, of gpt-oss and with integers in 16."""
        each = _BYTES[precision]
        if precision in _FOUR_BITS and self.experts:
            each = 2.0 if self.native == "mxfp4" or precision == "int4" else 1.0
        return self.always_parameters * each

    def expert_bytes(self, precision: str) -> float:
        """Of one expert of one layer."""
        each = _MXFP4_BYTES if precision == "fp4" and self.native == "mxfp4" else _BYTES[precision]
        return self.expert_parameters * each

    @property
    def head_bytes(self) -> float:
        """Of the projection to the vocabulary, in sixteen bits."""
        return 2.0 * self.vocabulary * self.hidden

    def weight_bytes(self, precision: str) -> float:
        """All that has to be held: experts, the rest, and the vocabulary twice."""
        routed = self.moe_layers * self.experts * self.expert_bytes(precision)
        return self.always_bytes(precision) + routed + 2 * self.head_bytes

    def read_per_sequence(self, context: float) -> float:
        """Bytes of cache that a step reads for one sequence, in eight bits."""
        if self.latent and self.sparse_topk:
            return self.layers * (min(context, self.sparse_topk) * _SPARSE_LATENT + context * _INDEXER)
        grown = self.kv_elements * context
        return grown + (self.kv_elements * min(context, self.window) if self.window else 0.0)

    def held_per_token(self) -> float:
        """Bytes of cache for one more token of context, in eight bits."""
        if self.latent and self.sparse_topk:
            return float(self.layers * (_SPARSE_LATENT + _INDEXER))
        return float(self.kv_elements)

    def kv_shards(self, tensor_parallel: float) -> float:
        """Over how many GPUs of a tensor-parallel group the cache is spread: a latent is held by each of them."""
        return 1.0 if self.latent else min(tensor_parallel, float(self.kv_heads))


_NEEDED = ("layers", "hidden", "heads", "kv_heads", "head_dim", "vocabulary", "kv_elements")


def precisions() -> tuple[str, ...]:
    """Those that are known."""
    return tuple(_BYTES)


def architecture(document: Mapping[str, Any], where: str) -> Architecture:
    """A model out of its document. Raises InputError for what it lacks."""
    values: dict[str, Any] = {}
    for field in fields(Architecture):
        value = document.get(field.name)
        wanted: type = {"int": int, "bool": bool, "str": str}[str(field.type)]
        if type(value) is not wanted:
            raise InputError(f"{field.name} is {value!r}, expected {wanted.__name__}", where=where)
        least = int(field.name in _NEEDED)
        if isinstance(value, int) and wanted is int and value < least:
            raise InputError(f"{field.name} is {value}, expected at least {least}", where=where)
        values[field.name] = value
    found = Architecture(**values)
    if found.dense_layers > found.layers or found.experts_per_token > found.experts:
        raise InputError("more dense layers than layers, or more experts a token than experts", where=where)
    return found
