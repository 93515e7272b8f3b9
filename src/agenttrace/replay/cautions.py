"""What weakens an answer before anything is played.

Tokens that nobody states, requests that no replica has room for, other models than the recorded ones, engines that
have nothing to do, phases that a fit does not tell, prices of what is not alike, and models that outdo the vendor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from agenttrace.critical_path.arrays import NONE, NULL
from agenttrace.replay.caution import Caution
from agenttrace.replay.kept_times import keeps_time
from agenttrace.replay.platforms.choosing import shipped_model
from agenttrace.replay.policies import SET
from agenttrace.replay.quantities import Identified
from agenttrace.replay.targets import Target, VendorSaid
from agenttrace.replay.workload import Workload

_PHASES = {"prefill": ("prefill_step", "prefill_per_token"), "decode": ("step", "step_per_context_token")}
_RATES = ("price", "power")
_CLAIMED = {
    "tokens_per_s_user": "tokens a second of one user at the vendor's context",
    "interactivity_over_gpus_alone": "times as many tokens a second of one user as on the GPUs alone",
}


def cautions(workload: Workload, targets: Sequence[Target], baseline: Target | None = None) -> list[Caution]:
    """All that there are. `baseline`: what gains are over, where that is known."""
    found = [*_of_nothing(workload, targets), *_of_tokens(workload)]
    for target in targets:
        if target.fits:
            found += [*_of_room(workload, target), *_of_engines(target), *_of_claims(target)]
    known = _known(baseline, targets)
    found += [caution for one in known for caution in (*_of_phases(one), *_of_its_fit(one))]
    found += _of_prices([target for target in targets if target.fits])
    compared = baseline.model if baseline else None
    return found + _of_models(workload, [target for target in targets if target.model != compared])


def _of_models(workload: Workload, targets: Sequence[Target]) -> list[Caution]:
    """Platforms that are to serve another model than the one that was recorded."""
    recorded = {shipped_model(name) or name: name for name in workload.models}
    others: dict[str, list[str]] = {}
    for target in targets:
        if target.fits and target.model is not None and recorded and set(recorded) != {target.model}:
            others.setdefault(target.model, []).append(target.platform)
    requests = workload.requests
    found = []
    for model, platforms in others.items():
        same = workload.models.index(recorded[model]) if model in recorded else NONE
        count = int(((requests.model != NONE) & (requests.model != same)).sum())
        served = f"{', '.join(platforms)} {'serves' if len(platforms) == 1 else 'serve'} {model}"
        said = (
            f"recorded were requests of {', '.join(sorted(recorded.values()))}; {served}: "
            "the gain is of the hardware and of the other model together"
        )
        found.append(Caution("other_model", "warning", count, said))
    return found


def _known(baseline: Target | None, targets: Sequence[Target]) -> list[Target]:
    return [*([baseline] if baseline else []), *targets]


def _of_phases(target: Target) -> list[Caution]:
    """Phases of a measured platform that its traces did not tell."""
    numbers = {one.name: one.number for one in target.assumptions}
    found = []
    for phase, names in _PHASES.items():
        there = [numbers[name] for name in names if name in numbers]
        if target.model or not there or any(one.identified is not Identified.NO for one in there):
            continue
        taken = "none is taken" if not any(one.value for one in there) else "what is taken may be far off"
        said = (
            f"{target.platform}: its traces do not tell how long {phase} takes ({', '.join(names)} not identified): "
            f"{taken}, and gains are off by it"
        )
        found.append(Caution("phase_not_identified", "warning", 1, said))
    return found


def _of_its_fit(target: Target) -> list[Caution]:
    """What was to be said of it when it was fitted."""
    return [replace(one, example=f"{target.platform}: {one.example}") for one in target.cautions]


def _of_prices(targets: Sequence[Target]) -> list[Caution]:
    """One price, or power, of a replica that was set for several platforms: their replicas are not alike."""
    of_set = {
        one.name: f"{one.name}={one.number.value:g}"
        for target in targets
        for one in target.assumptions
        if one.name in _RATES and one.number.source == SET
    }
    if not of_set or len(targets) < 2:
        return []
    sizes = "; ".join(f"{target.platform} {_size(target)}" for target in targets)
    said = (
        f"{' and '.join(of_set.values())}: of one replica of each platform, and these are not alike: {sizes}. Costs a "
        "session are comparable only if a replica of each does cost that"
    )
    return [Caution("price_shared", "warning", len(targets), said)]


def _size(target: Target) -> str:
    if target.takes is None:
        return "(nobody states its size)"
    lpu_racks = target.takes.lpu_racks
    further = ", LPU racks: not sized" if lpu_racks is None else f", LPU racks: {lpu_racks:g}"
    return f"(GPUs: {target.takes.gpus:g}{further if lpu_racks != 0 else ''})"


def _of_engines(target: Target) -> list[Caution]:
    """A split by experts, of a model without experts."""
    if not target.idle_engine:
        return []
    said = (
        f"{target.platform}: {target.model} has no experts, so attention/FFN disaggregation moves nothing to the "
        "latency engine: times are those of the GPUs alone"
    )
    return [Caution("nothing_offloaded", "warning", 1, said)]


def _of_room(workload: Workload, target: Target) -> list[Caution]:
    """Requests that a real server would refuse."""
    deployment, requests = target.build({}), workload.requests
    if deployment.kv_blocks is None:
        return []
    tokens = np.maximum(requests.input_tokens, 0) + np.maximum(requests.output_tokens, 0)
    room = deployment.kv_blocks * deployment.limits.block_tokens
    count = int((tokens > room).sum())
    if not count:
        return []
    said = (
        f"{target.platform}: {count} of {len(requests)} requests, of up to {int(tokens.max())} tokens, are larger than "
        f"a replica's cache of {room}: they are served one by one, as if they fitted"
    )
    return [Caution("larger_than_cache", "warning", count, said)]


def _of_tokens(workload: Workload) -> list[Caution]:
    requests = workload.requests
    total = len(requests)
    guessed = requests.placeholder > 0
    placeholders = int(guessed.sum())
    unknown = int((((requests.input_tokens == NULL) | (requests.output_tokens == NULL)) & ~guessed).sum())
    without = np.array([not path for path in workload.prompts.prefixes.paths], np.bool_)
    untold = int(((requests.cached_tokens == NULL) & (requests.input_tokens != NULL) & without).sum())
    then = "they take as long as they did, here as there, and gains are too small"
    if not workload.timed:
        then = "one each is taken, and gains are too large"
    found = []
    if placeholders:
        said = (
            f"of {placeholders} of {total} requests the source has only placeholders, and no counts, of output "
            f"tokens: {then}"
        )
        found.append(Caution("tokens_placeholder", "warning", placeholders, said))
    if unknown:
        said = f"{unknown} of {total} requests do not state their tokens: {then}"
        found.append(Caution("tokens_unknown", "warning", unknown, said))
    if untold:
        said = (
            f"of {untold} of {total} requests neither blocks nor cached tokens are known: nothing is taken for "
            "cached, unless the platform's cache has an end or the source states no times; then prompts are taken for "
            "their agents' last ones, grown"
        )
        found.append(Caution("cache_unknown", "info", untold, said))
    return found


def _of_nothing(workload: Workload, targets: Sequence[Target]) -> list[Caution]:
    """Where every request keeps its time: then no platform has any part in the answer."""
    kept = keeps_time(workload)
    if not len(kept) or not kept.all():
        return []
    platforms = ", ".join(target.platform for target in targets) or "any platform"
    said = (
        f"of none of {len(kept)} requests prompt and answer tokens are known: all take as long as they did, and "
        f"nothing here says anything of {platforms}"
    )
    return [Caution("nothing_served", "error", len(kept), said)]


def _of_claims(target: Target) -> list[Caution]:
    """Where the model says much more than the vendor does: there it leaves something out."""
    return [
        Caution(
            "above_vendor_claim",
            "warning",
            1,
            f"{target.platform}: {_CLAIMED[claim.what]}: {claim.compared:.4g} by this cost model{_of(target, claim)}, "
            f"{claim.value:g} by the vendor. The cost model leaves out what keeps the vendor at that: decode may be "
            f"{claim.excess:.1f} times too fast, and gains too large: intervals reach that far",
        )
        for claim in target.claims
        if claim.what in _CLAIMED and claim.excess
    ]


def _of(target: Target, claim: VendorSaid) -> str:
    """Which model is compared, where that is not the served one."""
    return "" if claim.of_size == target.model else f" for {claim.of_size}, of the claim's size"
