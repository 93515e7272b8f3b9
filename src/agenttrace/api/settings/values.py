"""What a setting may be: each reader takes what stood in a file or a variable, and says what it expected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from agenttrace.units import parse_duration

Reader = Callable[[Any], Any]


def text(value: Any) -> str:  # noqa: ANN401
    """Some text."""
    if isinstance(value, str) and value:
        return value
    raise ValueError("expected text")


def whole(value: Any) -> int:  # noqa: ANN401
    """A number without decimals, not below zero."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError("expected a whole number, not below 0")


def share(value: Any) -> float:  # noqa: ANN401
    """0.05, or 5%."""
    number = value
    if isinstance(value, str):
        body = value.strip().removesuffix("%")
        try:
            number = float(body) / (100 if value.strip().endswith("%") else 1)
        except ValueError:
            number = None
    if isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number < float("inf"):
        return float(number)
    raise ValueError("expected a share like 0.05 or '5%'")


def duration_ns(value: Any) -> int:  # noqa: ANN401
    """A duration always carries its unit."""
    if isinstance(value, str):
        return parse_duration(value)
    raise ValueError("expected a duration with a unit, like '250ms'")


def day(value: Any) -> date:  # noqa: ANN401
    """2026-12-31, as a TOML date or as text."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError("expected a day like 2026-12-31") from error


@dataclass(frozen=True, slots=True)
class Limit:
    """Of a budget: nanoseconds where it is a duration, else a number or a share; `told` as it was written."""

    value: float
    is_duration: bool
    told: str

    def __str__(self) -> str:
        """As it was written."""
        return self.told


def limit(value: Any) -> Limit:  # noqa: ANN401
    """A duration with its unit, or a number for what has none."""
    if isinstance(value, str) and not value.strip().endswith("%"):
        return Limit(float(parse_duration(value)), is_duration=True, told=value)
    return Limit(share(value), is_duration=False, told=str(value))


def words(value: Any) -> tuple[str, ...]:  # noqa: ANN401
    """A list of words, or words between commas."""
    found = value.split(",") if isinstance(value, str) else value
    if isinstance(found, list) and all(isinstance(one, str) for one in found):
        return tuple(one.strip() for one in found if one.strip())
    raise ValueError("expected a list of words")


def one_of(*allowed: str) -> Reader:
    """One of these words."""

    def read(value: Any) -> str:  # noqa: ANN401
        if value in allowed:
            return str(value)
        raise ValueError(f"expected one of {', '.join(allowed)}")

    return read


def some_of(*allowed: str) -> Reader:
    """Any of these words."""

    def read(value: Any) -> tuple[str, ...]:  # noqa: ANN401
        found = words(value)
        if set(found) <= set(allowed):
            return found
        raise ValueError(f"expected some of {', '.join(allowed)}")

    return read
