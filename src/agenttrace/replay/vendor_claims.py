"""What a vendor says of a platform beside what the cost model says of the same, for one user.

A claim is of a model of some size. Where another one is served, a shipped model of about that size tells how far the
cost model goes beyond the claim: what it leaves out is the platform's, and not that model's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from math import log

from agenttrace.replay.modelling.architecture import Architecture, architecture
from agenttrace.replay.modelling.serving import ModelledSteps
from agenttrace.replay.platforms.catalogue import shipped_models
from agenttrace.replay.platforms.modelled import ModelledPlatform, VendorClaim
from agenttrace.replay.platforms.toml_text import parse_toml
from agenttrace.replay.quantities import Quantity
from agenttrace.replay.targets import VendorSaid

_ALIKE = 4.0


def vendor_claims(platform: ModelledPlatform, model: Architecture) -> Sequence[VendorSaid]:
    """All claims of the platform."""
    return [_said(platform, model, claim) for claim in platform.claims]


def wider_for(claims: Sequence[VendorSaid], numbers: Mapping[str, Quantity]) -> dict[str, Quantity]:
    """The error of the cost model, with all by which it says more than the vendor claims."""
    error, excess = numbers.get("model_error"), [claim.excess for claim in claims if claim.excess]
    if error is None or error.high is None or not excess or error.high >= min(excess):
        return {}
    source = f"{error.source}; upwards as far as the vendor's own claim"
    return {"model_error": replace(error, high=float(f"{min(excess):.4g}"), source=source)}


def _said(platform: ModelledPlatform, model: Architecture, claim: VendorClaim) -> VendorSaid:
    modelled = _modelled(platform, model, claim)
    of_size = model if _is_alike(_parameters(model), claim.parameters_e9) else _of_size(claim.parameters_e9)
    compared = modelled
    if of_size is not model:
        compared = _modelled(platform, of_size, claim) if of_size else None
    return VendorSaid(
        claim.what,
        claim.value,
        claim.unit,
        modelled,
        claim.source,
        of_size.name if of_size else None,
        compared,
    )


def _parameters(model: Architecture) -> float:
    return model.routed_parameters + model.always_parameters


def _is_alike(parameters: float, parameters_e9: float) -> bool:
    """Whether a claim is of a model of about this size, so that both can be compared; 0: of any."""
    return not parameters_e9 or 1 / _ALIKE < parameters / (parameters_e9 * 1e9) < _ALIKE


@cache
def _of_size(parameters_e9: float) -> Architecture | None:
    """The shipped model whose size is nearest; None where none is about as large. Of several the first by name."""
    known = [architecture(parse_toml(text, name), name) for name, text in sorted(shipped_models().items())]
    alike = [model for model in known if _is_alike(_parameters(model), parameters_e9)]
    return min(alike, key=lambda model: abs(log(_parameters(model) / (parameters_e9 * 1e9))), default=None)


def _modelled(platform: ModelledPlatform, model: Architecture, claim: VendorClaim) -> float | None:
    """The same by the cost model; None for a claim of another kind."""
    took = ModelledSteps(platform, model).step_ms(1, claim.context_tokens)
    if claim.what == "tokens_per_s_user" and took:
        return 1e3 / took
    if claim.what == "interactivity_over_gpus_alone" and took:
        alone = ModelledSteps(replace(platform, split="none"), model)
        return alone.step_ms(1, claim.context_tokens) / took
    return None
