"""What requests wait beyond their tokens is mostly software, and stays as the trace shows it when hardware changes."""

from __future__ import annotations

from dataclasses import replace

from agenttrace.replay.modelling.architecture import Architecture
from agenttrace.replay.modelling.serving import ModelledSteps
from agenttrace.replay.platforms.measured import MeasuredPlatform
from agenttrace.replay.platforms.modelled import ModelledPlatform
from agenttrace.replay.quantities import Claim, Identified, Quantity

_NAME = "request_overhead"
_SOURCE = (
    "the trace: from sending to dispatch, and what a prefill there takes whatever its length, without what this "
    "platform's own steps take; interval: none and all of that is software"
)


def with_kept_overhead(
    platform: ModelledPlatform, model: Architecture, served: MeasuredPlatform | None
) -> ModelledPlatform:
    """The platform with the overhead of the servers that were traced; itself where the trace does not tell that."""
    dispatch = served.numbers.get(_NAME) if served else None
    start = served.numbers.get("prefill_step") if served else None
    if dispatch is None or start is None:
        return platform
    if dispatch.identified is not Identified.YES or start.identified is not Identified.YES:
        return platform
    own = ModelledSteps(platform, model).prefill_start
    value = dispatch.value + max(0.0, start.value - own)
    least, most = dispatch.low or 0.0, (dispatch.high or dispatch.value) + (start.high or start.value)
    kept = Quantity(value, "ns", Claim.MEASURED, _SOURCE, min(least, value), max(most, value))
    return replace(platform, numbers={**platform.numbers, _NAME: kept})
