"""Policies and numbers of a platform that are set from outside.

`routing=round-robin`, `keep=30s`, `release=final`, `offload=LPDDR5X`, `kv_blocks=1800`; and changes of what agents do:
`fanout=2`, `compact=100000`, `priority=main`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from agenttrace.errors import UsageError, meant, near_names
from agenttrace.replay.choices import Routing
from agenttrace.replay.platforms.bounds import bounds_of
from agenttrace.units import parse_duration

_KEYS = ("routing", "keep", "release", "offload", "fanout", "compact", "priority")
"""Settings that are no numbers of a platform."""

SET = "--set"
"""The source of a number that was set."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How agents would work: subagents at once (None: as they did), tokens at which they compact, who goes first."""

    fanout: int | None = None
    compact: int | None = None
    main_first: bool = False

    @property
    def change_nothing(self) -> bool:
        """Whether they work as they did."""
        return self == Habits()


@dataclass(frozen=True, slots=True)
class Policies:
    """`keep_ns`: how long unused prefixes are kept, None: until room is needed. `numbers`: others, by name.

    `release`: an agent's prefixes go with its last request. `offload`: the tier of the platform for what is evicted.
    """

    routing: Routing = Routing.AFFINITY
    keep_ns: int | None = None
    release: bool = False
    offload: str | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)


def parse_habits(settings: Sequence[str]) -> tuple[Habits, list[str]]:
    """Of `key=value` pairs those that change what agents do; and the others. Raises UsageError for what cannot be."""
    habits, others = Habits(), []
    for setting in settings:
        key, _, value = setting.partition("=")
        if key in {"fanout", "compact"}:
            number = _number(setting, value)
            if number < 1 or not number.is_integer():
                raise UsageError(f"--set {setting}: expected a whole number of at least 1")
            limit = int(number)
            habits = replace(habits, fanout=limit) if key == "fanout" else replace(habits, compact=limit)
        elif key == "priority":
            if value not in {"main", "same"}:
                raise UsageError(f"--set {setting}: expected main or same")
            habits = replace(habits, main_first=value == "main")
        else:
            others.append(setting)
    return habits, others


def check_setting(name: str, value: float) -> None:
    """Raises UsageError for a number that a platform cannot have."""
    bounds = bounds_of(name)
    if not bounds.hold(value):
        raise UsageError(f"--set {name}={value:g}: expected {bounds.expected(value)}")
    if bounds.whole and not value.is_integer():
        raise UsageError(f"--set {name}={value:g}: expected a whole number")


def no_such_number(name: str, platform: str, known: Iterable[str]) -> UsageError:
    """For a `--set` of what the platform does not have; the nearest of its numbers and of the policies is named."""
    names = list(known)
    near = nearest_settings(name, [*names, *_KEYS])
    hint = (
        f"did you mean {' or '.join(near)}?"
        if near
        else f"policies: {', '.join(_KEYS)}; it has: {', '.join(names)}"
    )
    return UsageError(f"--set {name}: no such number of {platform}", hint=hint)


def nearest_settings(name: str, known: Sequence[str]) -> list[str]:
    """Names that are spelt almost like it, or else that have a word in common with it; three at most."""
    if near := near_names(name, known):
        return near
    words = set(name.split("_"))
    return [one for one in known if words & set(one.split("_"))][:3]


def parse_policies(settings: Sequence[str]) -> Policies:
    """Of `key=value` pairs. Raises UsageError for what is no number, no router or no duration."""
    routing, keep, release, offload = Routing.AFFINITY, None, False, None
    numbers = {}
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
        elif key == "release":
            release = _release(setting, value)
        elif key == "offload":
            offload = None if value == "none" else value
        else:
            numbers[key] = _number(setting, value, near_names(key, _KEYS))
    return Policies(routing, keep, release, offload, numbers)


def _routing(value: str) -> Routing:
    try:
        return Routing(value)
    except ValueError:
        raise UsageError(
            f"--set routing={value}: there is no such router", hint=meant(value, Routing)
        ) from None


def _release(setting: str, value: str) -> bool:
    if value not in {"final", "never"}:
        raise UsageError(f"--set {setting}: expected final or never")
    return value == "final"


def _duration(setting: str, value: str) -> int:
    try:
        return parse_duration(value)
    except ValueError as error:
        raise UsageError(f"--set {setting}: {error}") from error


def _number(setting: str, value: str, near: Sequence[str] = ()) -> float:
    """`near`: keys that take something else, and may have been meant."""
    try:
        number = float(value)
    except ValueError:
        hint = f"did you mean {near[0]}={value}?" if near else None
        raise UsageError(f"--set {setting}: {value} is no number", hint=hint) from None
    if not math.isfinite(number) or number < 0:
        raise UsageError(f"--set {setting}: expected a number that is not negative")
    return number
