"""A modelled platform that serves a model, as something to replay on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from agenttrace.errors import UsageError
from agenttrace.replay.blocks import UNLIMITED
from agenttrace.replay.costs import Rates
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.modelling.architecture import Architecture
from agenttrace.replay.modelling.serving import ModelledSteps, room_for
from agenttrace.replay.platforms.modelled import (
    LATENCY,
    ORCHESTRATION,
    SERVING,
    ModelledPlatform,
)
from agenttrace.replay.policies import SET, Policies, check_setting, no_such_number
from agenttrace.replay.quantities import Claim, Quantity
from agenttrace.replay.replica import Below, Limits
from agenttrace.replay.targets import Assumption, Takes, Target
from agenttrace.replay.vendor_claims import vendor_claims, wider_for

_DETERMINISTIC = {"whole-decode": 1.0}
_SPLIT_NAMES = {"none": None}
_DRAFTING = ("acceptance", "draft_tokens", "draft_time")


def modelled_target(
    platform: ModelledPlatform,
    model: Architecture,
    policies: Policies,
    replicas: int | None,
    servers_before: int = 1,
) -> Target:
    """Its servers, under these policies. Raises UsageError for a number that it does not have.

    `servers_before`: of the baseline; so many there are here too, if neither `replicas`, a setting nor the platform's
    file says how many.
    """
    numbers = dict(platform.numbers)
    for name, number in policies.numbers.items():
        if name not in numbers and name not in SERVING:
            raise no_such_number(name, platform.name, sorted({*numbers, *SERVING}))
        check_setting(name, number)
        unit = numbers[name].unit if name in numbers else SERVING[name][0]
        numbers[name] = Quantity(number, unit, Claim.ASSUMED, SET)
    numbers["replicas"] = _replicas(numbers, replicas, servers_before)
    claims = vendor_claims(replace(platform, numbers=numbers), model)
    numbers |= wider_for(claims, numbers)
    chosen = replace(platform, numbers=numbers)
    room = room_for(chosen, model)
    below = _below(chosen, model, policies.offload)

    def build(changed: dict[str, float]) -> Deployment:
        varied = {
            name: replace(number, value=changed[name]) if name in changed else number
            for name, number in chosen.numbers.items()
        }
        found = _deployment(replace(chosen, numbers=varied), model, policies)
        return replace(found, below=below)

    return Target(
        platform=platform.name,
        model=model.name,
        split=_SPLIT_NAMES.get(platform.split, platform.split),
        build=build,
        assumptions=[
            Assumption(name, number) for name, number in numbers.items() if _is_used(name, platform.split)
        ],
        fits=room.fits,
        takes=Takes(chosen.value("gpus_per_replica"), room.gpu_racks, room.lpu_racks),
        deterministic=_deterministic(chosen, model),
        idle_engine=platform.split == "attention-ffn" and not model.moe_layers,
        notes=[room.missing] if room.missing else [],
        claims=claims,
        rates=Rates(chosen.value("price"), chosen.value("power"), chosen.value("energy_price")),
    )


def _replicas(numbers: Mapping[str, Quantity], asked: int | None, servers_before: int) -> Quantity:
    """How many servers: one for each of the old ones, of which traces do not tell how many GPUs they had."""
    if asked is not None:
        return Quantity(asked, "replicas", Claim.ASSUMED, "--replicas")
    if "replicas" in numbers:
        return numbers["replicas"]
    apart = numbers.get("decode_replicas")
    count = max(1, servers_before - (round(apart.value) if apart else 0))
    return Quantity(
        count, "replicas", Claim.ASSUMED, "as many servers as the baseline has; --replicas says otherwise"
    )


def _is_used(name: str, split: str) -> bool:
    """Whether a number has any part in times, of a platform that splits the work so."""
    if split == "none":
        return name not in {**LATENCY, **ORCHESTRATION}
    if split == "draft":
        return name not in LATENCY
    return name not in _DRAFTING


def _deployment(platform: ModelledPlatform, model: Architecture, policies: Policies) -> Deployment:
    value = platform.value
    block = max(1, round(value("block_tokens", 16)))
    return Deployment(
        times=_Remembered(ModelledSteps(platform, model)),
        replicas=max(1, round(value("replicas", 1))),
        limits=Limits(
            sequences=round(value("sequences", UNLIMITED)),
            step_tokens=round(value("step_tokens", UNLIMITED)),
            block_tokens=block,
        ),
        kv_blocks=max(1, room_for(platform, model).kv_tokens // block),
        overhead_ns=round(value("request_overhead")),
        routing=policies.routing,
        keep_ns=policies.keep_ns,
        release=policies.release,
        decode_replicas=round(value("decode_replicas")),
        transfer_ns=_transfer_ns(platform, model),
    )


def _transfer_ns(platform: ModelledPlatform, model: Architecture) -> float:
    """Of one token's cache over the links of one GPU of a replica, where no bandwidth is stated."""
    bandwidth = platform.value("transfer_bandwidth") or platform.value("gpu_link")
    return model.held_per_token() / bandwidth if bandwidth else 0.0


def _below(platform: ModelledPlatform, model: Architecture, name: str | None) -> Below | None:
    """The tier of that name as one replica has it. Raises UsageError where there is none."""
    if name is None:
        return None
    tier = next((tier for tier in platform.tiers if tier.name == name), None)
    if tier is None:
        known = ", ".join(tier.name for tier in platform.tiers) or "none"
        raise UsageError(f"--set offload={name}: {platform.name} has no such tier", hint=f"it has: {known}")
    block_bytes = model.held_per_token() * max(1, round(platform.value("block_tokens", 16)))
    return Below(
        blocks=int(tier.capacity_gb * 1e9 / block_bytes),
        latency_ns=tier.latency_us * 1e3,
        block_ns=block_bytes / tier.bandwidth_gb_s,
    )


class _Remembered:
    """Step times that are looked up once they were computed."""

    def __init__(self, times: ModelledSteps) -> None:
        self._times = times
        self._decode: dict[int, tuple[float, float]] = {}
        self.prefill_start, self.prefill_beside = times.prefill_start, times.prefill_beside

    def decode(self, sequences: int) -> tuple[float, float]:
        found = self._decode.get(sequences)
        if found is None:
            found = self._decode[sequences] = self._times.decode(sequences)
        return found

    def prefill(self, new_tokens: float, past_tokens: int) -> float:
        return self._times.prefill(new_tokens, past_tokens)


def _deterministic(platform: ModelledPlatform, model: Architecture) -> float:
    """The share of a decode step that is laid down when the program is compiled: all of it, or the experts' part."""
    if platform.split != "attention-ffn":
        return _DETERMINISTIC.get(platform.split, 0.0)
    steps = ModelledSteps(platform, model)
    whole = steps.step_ms(1, 0.0)
    return max(0.0, min(1.0, steps.static_ms(1) / whole)) if whole else 0.0
