"""Policies and numbers of a platform that are set from outside: `routing=round-robin`, `keep=30s`, `kv_blocks=1800`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agenttrace.errors import UsageError
from agenttrace.replay.choices import Routing
from agenttrace.units import parse_duration


@dataclass(frozen=True, slots=True)
class Policies:
    """`keep_ns`: how long unused prefixes are kept, None: until room is needed. `numbers`: others, by name."""

    routing: Routing = Routing.AFFINITY
    keep_ns: int | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)


def parse_policies(settings: Sequence[str]) -> Policies:
    """Of `key=value` pairs. Raises UsageError for what is no number, no router or no duration."""
    routing, keep, numbers = Routing.AFFINITY, None, {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key or not value:
            raise UsageError(
                f"--set {setting}: expected key=value", hint="for example --set routing=round-robin"
            )
        if key == "routing":
            routing = _routing(value)
        elif key == "keep":
            keep = _duration(setting, value)
        else:
            numbers[key] = _number(setting, value)
    return Policies(routing, keep, numbers)


def _routing(value: str) -> Routing:
    try:
        return Routing(value)
    except ValueError:
        known = ", ".join(routing.value for routing in Routing)
        raise UsageError(
            f"--set routing={value}: there is no such router", hint=f"there are: {known}"
        ) from None


def _duration(setting: str, value: str) -> int:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise UsageError(f"--set {setting}: {error}") from error


def _number(setting: str, value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        raise UsageError(f"--set {setting}: {value} is no number") from None
    if not math.isfinite(number) or number < 0:
        raise UsageError(f"--set {setting}: expected a number that is not negative")
    return number
