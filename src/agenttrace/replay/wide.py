"""What makes the interval of a gain wide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agenttrace.replay.few_draws import Sensitivity
    from agenttrace.replay.replaying import Answer

_WIDE = 0.2
"""An interval is wide that is wider than this share of its middle."""


@dataclass(frozen=True, slots=True)
class Wide:
    """`cause`: a key of `Estimate.by`. `most`: the number that moves the gain most, where numbers are the cause."""

    cause: str
    most: Sensitivity | None


def wide_for(answer: Answer) -> Wide | None:
    """The cause that alone makes the gain's interval at p50 widest; None where the interval is narrow."""
    gain = answer.projected.gain[0]
    if not gain.by or not gain.high - gain.low > _WIDE * gain.value:
        return None
    cause = max(gain.by, key=lambda name: gain.by[name])
    rows = answer.projected.sensitivity
    return Wide(cause, rows[0] if cause == "parameters" and rows else None)
