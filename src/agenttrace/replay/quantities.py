"""Numbers of platforms: with a unit, where they come from, and how far they are known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Claim(StrEnum):
    """Whose word a number is."""

    MEASURED = "measured"
    VENDOR = "vendor"
    DERIVED = "derived"
    ASSUMED = "assumed"


class Identified(StrEnum):
    """Whether traces tell a number that was fitted to them."""

    YES = "identified"
    BOUNDED = "bounded"
    NO = "not identified"


@dataclass(frozen=True, slots=True)
class Quantity:
    """`low` and `high`: an interval that holds it, null where that is open. `identified`: of fitted ones."""

    value: float
    unit: str
    claim: Claim
    source: str
    low: float | None = None
    high: float | None = None
    identified: Identified | None = None


def stated(value: float) -> float:
    """As it stands in a file: six significant places, so that what was written and read again is the same."""
    return float(f"{value:.6g}")
