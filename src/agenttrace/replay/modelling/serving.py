"""Step times and memory of a modelled platform that serves a model, by how it splits the work.

`none`: GPUs alone. `attention-ffn`: attention on the GPUs, routed experts on the latency engine, over and back in
every layer. `whole-decode`: prefill on the GPUs, all of the decode on the latency engine. `draft`: the latency
engine drafts, the GPUs verify. Only the chips that hold a layer read it: their bandwidth counts, not the rack's.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from agenttrace.replay.modelling.architecture import Architecture
from agenttrace.replay.modelling.coefficients import NAMES, READ_SHARE
from agenttrace.replay.modelling.cost import (
    Layout,
    Terms,
    decode_terms,
    prefill_ms,
    prefill_terms,
    traffic_ms,
)
from agenttrace.replay.platforms.modelled import ModelledPlatform

_NS_IN_MS = 1e6
_US_IN_MS = 1e-3
_REFERENCE_CONTEXT = 32_768.0
_ON_LATENCY_ENGINE = "fp8"
_ACTIVATION_BYTES = 2


@dataclass(frozen=True, slots=True)
class ModelledSteps:
    """The step times; in a context that is not its own, a line through no context and `_REFERENCE_CONTEXT`."""

    platform: ModelledPlatform
    model: Architecture

    @property
    def _layout(self) -> Layout:
        return Layout(self.platform.value("gpus_per_replica"))

    def decode(self, sequences: int) -> tuple[float, float]:
        """Fixed, and for each token of context."""
        low = self.step_ms(sequences, 0.0)
        high = self.step_ms(sequences, _REFERENCE_CONTEXT)
        each = (high - low) / (sequences * _REFERENCE_CONTEXT)
        return low * _NS_IN_MS, each * _NS_IN_MS

    def prefill(self, new_tokens: float, past_tokens: int) -> float:
        """On the GPUs, and where the decode is elsewhere the way of the cache to it."""
        platform, layout, tokens = self.platform, self._layout, (new_tokens, float(past_tokens))
        value, chip = platform.value, platform.chip
        took = value("prefill_factor") * prefill_ms(self.model, chip, layout, platform.precision, tokens)
        took += value("traffic_factor") * traffic_ms(self.model, chip, layout, new_tokens)
        took *= value("model_error", 1.0)
        if self.platform.split == "whole-decode":
            took += new_tokens * self.model.held_per_token() / (value("hop_bandwidth") * 1e9) / _US_IN_MS
        return took * _NS_IN_MS

    @property
    def prefill_start(self) -> float:
        """Overheads of a step, if no decode in it has paid them."""
        value = self.platform.value
        overhead = value("step_overhead") + self.model.layers * value("layer_overhead")
        return overhead * value("model_error", 1.0) * _NS_IN_MS + self.prefill_beside

    @property
    def prefill_beside(self) -> float:
        """What prefilling adds to a step that decodes, whatever it prefills: above all what it reads."""
        platform, value = self.platform, self.platform.value
        terms = prefill_terms(self.model, platform.chip, self._layout, platform.precision, (0.0, 0.0))
        read = value("weight_factor") * terms.weights + value("expert_factor") * terms.experts
        overhead = value("prefill_overhead") + READ_SHARE * read
        return overhead * value("model_error", 1.0) * _NS_IN_MS

    def step_ms(self, sequences: int, context: float) -> float:
        """A decode step; of drafting, a step's share for one token."""
        split, value = self.platform.split, self.platform.value
        if split == "attention-ffn":
            took = self._with_experts_elsewhere(sequences, context)
        elif split == "whole-decode":
            took = self._on_latency_engine(sequences, context)
        elif split == "draft":
            took = self._drafted(sequences, context)
        else:
            took = self._gpu_ms(self._terms(sequences, context))
        return took * value("model_error", 1.0)

    def _terms(self, sequences: float, context: float) -> Terms:
        return decode_terms(
            self.model, self.platform.chip, self._layout, self.platform.precision, (sequences, context)
        )

    def _gpu_ms(self, terms: Terms, *, experts: bool = True) -> float:
        """On the GPUs; without `experts`, what is left for them if others compute these."""
        factor = {name: self.platform.value(name) for name in NAMES}
        memory = factor["weight_factor"] * terms.weights + factor["cache_factor"] * terms.cache
        if experts:
            memory += factor["expert_factor"] * terms.experts
        share = 1.0 if experts else 1 - self.model.routed_active_parameters / self.model.active_parameters
        compute = factor["compute_factor"] * terms.compute * share
        took = (memory**3 + compute**3) ** (1 / 3)
        took += factor["step_overhead"] + factor["layer_overhead"] * terms.layers
        took += factor["sequence_overhead"] * terms.sequences
        took += factor["hop_overhead"] * terms.hops + factor["traffic_factor"] * terms.traffic
        return took + (factor["moe_overhead"] * terms.moe_layers if experts else 0.0)

    def _with_experts_elsewhere(self, sequences: int, context: float) -> float:
        """All layers: attention, over, experts, back; in as many micro-batches as help, of those that there may be."""
        most = max(1.0, min(self.platform.value("micro_batches", 1.0), float(sequences)))
        return min(self._alternating(sequences, context, pieces) for pieces in {1.0, min(2.0, most), most})

    def _alternating(self, sequences: float, context: float, pieces: float) -> float:
        """The sequences in so many pieces: each goes all the way, and each engine has to work on all of them."""
        each = sequences / pieces
        layers = self.model.moe_layers
        attention = self._gpu_ms(self._terms(each, context), experts=False)
        experts = layers * self._experts_ms(each)
        way = layers * self._hop_ms(each)
        return max(attention + experts + 2 * way, pieces * attention, pieces * experts)

    def static_ms(self, sequences: int) -> float:
        """Of a step with its experts elsewhere, what a compiler lays down beforehand: theirs."""
        return self.model.moe_layers * self._experts_ms(sequences)

    def _hop_ms(self, sequences: float) -> float:
        value = self.platform.value
        sent = sequences * self.model.hidden * _ACTIVATION_BYTES
        return value("hop") * _US_IN_MS + sent / (value("hop_bandwidth") * 1e9) / _US_IN_MS

    def _experts_ms(self, tokens: float) -> float:
        """One layer's routed experts, read by the chips that hold them."""
        touched = self.model.experts_touched(tokens) * self.model.expert_bytes(_ON_LATENCY_ENGINE)
        chips = self._chips_for(self.model.experts * self.model.expert_bytes(_ON_LATENCY_ENGINE))
        computed = 2 * tokens * self.model.experts_per_token * self.model.expert_parameters
        return self._chips_ms(touched, computed, chips)

    def _chips_for(self, held: float) -> float:
        """Chips that so many bytes of one layer lie in."""
        return max(1.0, ceil(held / (self.platform.value("lpu_memory") * 1e9)))

    def _chips_ms(self, read: float, computed: float, chips: float) -> float:
        value = self.platform.value
        reading = read / (chips * value("lpu_bandwidth") * 1e12 * value("lpu_use", 1.0))
        computing = computed / (chips * value("lpu_fp8_pflops") * 1e15)
        return max(reading, computing) / _US_IN_MS + 2 * value("lpu_reach") * _US_IN_MS

    def _on_latency_engine(self, sequences: int, context: float) -> float:
        """Layer after layer on the chips that hold it, weights and cache; the first and last step cross once."""
        model = self.model
        always = model.always_bytes(_ON_LATENCY_ENGINE) / model.layers
        experts = model.experts * model.expert_bytes(_ON_LATENCY_ENGINE)
        cache = sequences * model.read_per_sequence(context) / model.layers
        read = always + model.experts_touched(sequences) * model.expert_bytes(_ON_LATENCY_ENGINE) + cache
        computed = 2 * sequences * model.active_parameters / model.layers
        held = always + experts + sequences * context * model.held_per_token() / model.layers
        layer = self._chips_ms(read, computed, self._chips_for(held))
        return model.layers * (layer + 2 * self.platform.value("lpu_reach") * _US_IN_MS) + 2 * self._hop_ms(
            sequences
        )

    def _drafted(self, sequences: int, context: float) -> float:
        """A verifying step over all that it yields: what was drafted before the first miss, and one more."""
        value = self.platform.value
        drafted, accepted = value("draft_tokens"), value("acceptance")
        tokens = sequences * (drafted + 1)
        one, many = self._terms(sequences, context), self._terms(tokens, 0.0)
        verify = self._gpu_ms(
            Terms(
                one.weights,
                many.experts,
                one.cache,
                many.compute,
                one.layers,
                one.moe_layers,
                one.hops,
                many.traffic,
                one.sequences,
            )
        )
        draft = drafted * value("draft_time") * _US_IN_MS + 2 * value("hop") * _US_IN_MS
        return (verify + draft) / expected_tokens(drafted, accepted)


def expected_tokens(drafted: float, acceptance: float) -> float:
    """Tokens that a step yields on average: those accepted in a row, and the one that the step itself gives."""
    if acceptance >= 1:
        return drafted + 1
    return (1 - acceptance ** (drafted + 1)) / (1 - acceptance)


@dataclass(frozen=True, slots=True)
class Room:
    """Whether a model fits, and if not what is `missing`.

    `kv_tokens`: that a replica's memory takes besides. `gpu_racks`: GPUs over those that are linked, as many as it
    takes. `lpu_racks`: of the latency engine; 0: it has no part, None: it has one of which nothing tells the size.
    """

    fits: bool
    kv_tokens: int
    gpu_racks: float
    lpu_racks: float | None
    missing: str | None


def room_for(platform: ModelledPlatform, model: Architecture) -> Room:
    """What memory says."""
    value = platform.value
    gpus = value("gpus_per_replica")
    usable = value("gpu_memory") * 1e9 * value("memory_usable", 1.0)
    weights = model.weight_bytes(platform.precision)
    elsewhere = model.routed_parameters * _bytes(model, platform.precision)
    on_gpus = weights - elsewhere if platform.split == "attention-ffn" else weights
    left = usable - on_gpus / gpus
    kv_tokens = int(max(0.0, left) * model.kv_shards(gpus) / max(model.held_per_token(), 1.0))
    racks, missing = gpus / value("gpus_linked"), None
    lpu_racks = (value("lpu_racks") or None) if platform.split == "draft" else 0.0
    if kv_tokens < value("block_tokens", 16):
        least = ceil(on_gpus / usable)
        racks = max(racks, least / value("gpus_linked"))
        missing = f"the weights take {on_gpus / 1e9:.0f} GB: {least} GPUs at least, a replica has {gpus:.0f}"
    if platform.split in {"attention-ffn", "whole-decode"}:
        held = (
            model.routed_parameters
            if platform.split == "attention-ffn"
            else model.weight_bytes(_ON_LATENCY_ENGINE)
        )
        rack = value("lpu_count") * value("lpu_memory") * 1e9
        needed = held / rack
        there = value("lpu_racks")
        lpu_racks = float(there or max(1, ceil(needed)))
        if there and there < needed:
            lpu_racks = float(ceil(needed))
            missing = (
                f"the latency engine would take {needed:.1f} racks of {value('lpu_count'):.0f} chips, "
                f"there are {there:.0f}"
            )
        elif platform.split == "whole-decode":
            kv_tokens, lpu_racks = _on_chips(model, rack, held, there, value("block_tokens", 16))
    return Room(missing is None, kv_tokens, racks, lpu_racks, missing)


def _on_chips(
    model: Architecture, rack: float, held: float, there: float, least_tokens: float
) -> tuple[int, float]:
    """Tokens of cache that the latency engine takes beside the weights, and its racks: one more if there are none."""
    each = max(model.held_per_token(), 1.0)
    racks = there or max(1.0, ceil((held + least_tokens * each) / rack))
    return int(max(0.0, racks * rack - held) / each), racks


def _bytes(model: Architecture, precision: str) -> float:
    return model.expert_bytes(precision) / model.expert_parameters if model.expert_parameters else 0.0
