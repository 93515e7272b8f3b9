"""What weakens an answer before anything is played: tokens that nobody states, and models that outdo the vendor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NULL
from agenttrace.replay.targets import Target
from agenttrace.replay.workload import Workload

_ABOVE = 1.5
_PER_TOKEN = "tokens_per_s_user"
_OVER_GPUS = "interactivity_over_gpus_alone"


@dataclass(frozen=True, slots=True)
class Caution:
    """`count`: of requests or claims that it holds for."""

    code: str
    severity: str
    count: int
    example: str


def cautions(workload: Workload, targets: Sequence[Target]) -> list[Caution]:
    """All that there are."""
    return [*_of_tokens(workload), *(found for target in targets for found in _of_claims(target))]


def _of_tokens(workload: Workload) -> list[Caution]:
    requests = workload.requests
    total = len(requests)
    unknown = int(((requests.input_tokens == NULL) | (requests.output_tokens == NULL)).sum())
    without = np.array([not path for path in workload.prompts.prefixes.paths], np.bool_)
    untold = int(((requests.cached_tokens == NULL) & (requests.input_tokens != NULL) & without).sum())
    found = []
    if unknown:
        said = f"{unknown} of {total} requests do not state their tokens: one each is taken, and gains are too large"
        found.append(Caution("tokens_unknown", "warning", unknown, said))
    if untold:
        said = (
            f"of {untold} of {total} requests neither blocks nor cached tokens are known: nothing is taken for "
            "cached, unless the platform's cache has an end; then prompts are taken for their agents' last ones, grown"
        )
        found.append(Caution("cache_unknown", "info", untold, said))
    return found


def _of_claims(target: Target) -> list[Caution]:
    """Where the model says much more than the vendor does: there it leaves something out."""
    if not target.fits:
        return []
    return [
        Caution(
            "above_vendor_claim",
            "warning",
            1,
            f"{target.platform}: the model says {claim.modelled:.3g} {claim.unit} of {claim.what}, the vendor "
            f"{claim.value:g}: take the vendor's for the most",
        )
        for claim in target.claims
        if claim.what in {_PER_TOKEN, _OVER_GPUS}
        and claim.modelled is not None
        and claim.modelled > _ABOVE * claim.value
    ]
