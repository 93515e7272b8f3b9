"""A platform that was measured: the step times and limits of a server, as numbers that say where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agenttrace.replay.blocks import UNLIMITED
from agenttrace.replay.caution import Caution
from agenttrace.replay.choices import Routing
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.quantities import Quantity
from agenttrace.replay.replica import Limits
from agenttrace.replay.steps import AffineSteps

STEP_TIMES = {
    "step": ("ns", "a decode step, whatever it decodes"),
    "step_per_sequence": ("ns", "for each sequence that it decodes"),
    "step_per_context_token": ("ns/token", "for each token of context of all its sequences"),
    "prefill_step": ("ns", "a step that prefills, besides"),
    "prefill_per_token": ("ns/token", "for each token that is not cached"),
    "prefill_per_token_context": ("ns/token^2", "for each such token and each token of its prompt"),
}
LIMITS = {
    "request_overhead": ("ns", "from sending a request to its dispatch"),
    "replicas": ("replicas", "servers alike"),
    "sequences": ("sequences", "run at once on a replica"),
    "step_tokens": ("tokens", "of one step, decoded or prefilled"),
    "kv_blocks": ("blocks", "of KV cache of a replica"),
    "block_tokens": ("tokens", "in a block of KV cache"),
    "decode_replicas": ("replicas", "that decode what the others prefill; 0: each does both"),
    "power": ("kW", "of one replica"),
    "price": ("a hour", "of one replica, in any currency"),
    "energy_price": ("a kWh", "in the same currency"),
    "transfer_per_token": ("ns/token", "of cache, from where it was prefilled to where it is decoded"),
}
NAMES = {**STEP_TIMES, **LIMITS}
_OPTIONAL = frozenset(
    {
        "sequences",
        "step_tokens",
        "kv_blocks",
        "decode_replicas",
        "transfer_per_token",
        "power",
        "price",
        "energy_price",
    }
)


@dataclass(frozen=True, slots=True)
class MeasuredPlatform:
    """`numbers`: by the names of NAMES; of those in `_OPTIONAL` a missing one means no limit.

    `observed`: the range of conditions that the numbers were learnt from, by name. `prefill_residuals`,
    `decode_residuals`: quantiles, evenly spaced, of measured over fitted times. `findings`: what weakens all of it.
    """

    name: str
    about: str
    numbers: Mapping[str, Quantity]
    observed: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    prefill_residuals: Sequence[float] = ()
    decode_residuals: Sequence[float] = ()
    findings: Sequence[Caution] = ()

    def value(self, name: str, otherwise: float = 0.0) -> float:
        """A number, or what is to be taken where there is none."""
        found = self.numbers.get(name)
        return otherwise if found is None else found.value

    @property
    def steps(self) -> AffineSteps:
        """Its step times."""
        return AffineSteps(*(self.value(name) for name in STEP_TIMES))

    def deployment(self, replicas: int | None, routing: Routing = Routing.AFFINITY) -> Deployment:
        """Servers of this kind: as many as were seen, if `replicas` does not say."""
        blocks = self.value("kv_blocks", UNLIMITED)
        return Deployment(
            times=self.steps,
            replicas=replicas or max(1, round(self.value("replicas", 1))),
            limits=Limits(
                sequences=round(self.value("sequences", UNLIMITED)),
                step_tokens=round(self.value("step_tokens", UNLIMITED)),
                block_tokens=max(1, round(self.value("block_tokens", 16))),
            ),
            kv_blocks=None if blocks >= UNLIMITED else round(blocks),
            overhead_ns=round(self.value("request_overhead")),
            routing=routing,
            decode_replicas=round(self.value("decode_replicas")),
            transfer_ns=self.value("transfer_per_token"),
        )


def is_optional(name: str) -> bool:
    """Whether a platform without this number has no such limit."""
    return name in _OPTIONAL
