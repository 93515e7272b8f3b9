"""Numbers of platforms as people read them, with their units."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from agenttrace.units import format_duration

if TYPE_CHECKING:
    from agenttrace.replay.quantities import Quantity
    from agenttrace.replay.targets import Target


_MICROSECOND = 1e3
_CLAIMED = {
    "tokens_per_s_user": "tokens a second of one user",
    "interactivity_over_gpus_alone": "the same, over the GPUs alone",
}


def claimed(what: str) -> str:
    """What a vendor claims, in words; most claims are words already."""
    return _CLAIMED.get(what, what)


def quantity_words(number: Quantity, name: str = "") -> str:
    """A value with its unit; a share or a factor has none. A unit that is the last word of the `name` is left out."""
    unit = number.unit
    return _with_unit(number.value, "1" if unit.lower() == name.rpartition("_")[2] else unit)


def bounds_words(number: Quantity) -> str:
    """Its interval, without the unit where that needs none; empty where there is none, or the value is exact."""
    low, high = (
        None if end is None else _with_unit(end, number.unit if number.unit.startswith("ns") else "1")
        for end in (number.low, number.high)
    )
    if number.low == number.high:
        return ""
    if low is None or high is None:
        return f"at least {low}" if high is None else f"at most {high}"
    return f"{low} – {high}"


def interval_words(target: Target, name: str, low: float, high: float) -> str:
    """Both ends of the interval of one of a target's numbers."""
    unit = next((one.number.unit for one in target.assumptions if one.name == name), "1")
    if unit.startswith("ns"):
        return f"{_with_unit(low, unit)} – {_with_unit(high, unit)}"
    return f"{low:.4g} – {_with_unit(high, unit)}"


def names_shown(names: Iterable[str]) -> str:
    """Names in a sentence; signs that do not show are replaced."""
    return "".join(sign if sign.isprintable() else "?" for sign in ", ".join(names))


def _with_unit(value: float, unit: str) -> str:
    if unit.startswith("ns") and value >= _MICROSECOND:
        return format_duration(round(value)) + unit.removeprefix("ns")
    return f"{value:.4g}" if unit == "1" else f"{value:.4g} {unit}"
