"""Defensive reading of single values: what is not what it should be is None, never an exception."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

INT64_MAX = 2**63 - 1
UINT64_MAX = 2**64 - 1
LATEST_NS = 4_102_444_800 * 10**9
"""2100-01-01: an instant after it is a damaged one, and so is one before 1970."""

_NS_IN_MS = 1_000_000
_LONGEST_NS = 366 * 86_400 * 10**9


def text(value: Any) -> str | None:
    """A string that is not empty and can be written as UTF-8."""
    if not isinstance(value, str) or not value:
        return None
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode(errors="replace").decode()
    return value


def integer(value: Any) -> int | None:
    """An integer in the range of int64; strings of digits count, booleans and fractions do not."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    elif isinstance(value, str):
        value = _parsed_integer(value)
    if isinstance(value, int) and -INT64_MAX - 1 <= value <= INT64_MAX:
        return value
    return None


def _parsed_integer(value: str) -> int | None:
    digits = value.strip()
    if not digits or len(digits) > 20:
        return None
    try:
        return int(digits)
    except ValueError:
        return None


def count(value: Any) -> int | None:
    """A count of tokens or bytes: an integer from 0 to 2**53."""
    found = integer(value)
    return found if found is not None and 0 <= found <= 2**53 else None


def small_count(value: Any) -> int | None:
    """An integer from 0 to 2**31 - 1."""
    found = integer(value)
    return found if found is not None and 0 <= found < 2**31 else None


def unsigned(value: Any) -> int | None:
    """An integer in the range of uint64, exactly; never through a float."""
    if isinstance(value, str):
        value = _parsed_integer(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= UINT64_MAX:
        return value
    return None


def number(value: Any) -> float | None:
    """A finite number; strings of numbers count."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = float(value) if len(value) < 40 else None
        except ValueError:
            return None
    if isinstance(value, (int, float)):
        try:
            found = float(value)
        except OverflowError:
            return None
        return found if math.isfinite(found) else None
    return None


def boolean(value: Any) -> bool | None:
    """True or false, also as a word."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower())
    return None


def instant_from_ms(value: Any) -> int | None:
    """Unix milliseconds as nanoseconds, between 1970 and 2100; exact to what the milliseconds say."""
    whole = integer(value)
    fraction = 0.0
    if whole is None:
        as_float = number(value)
        if as_float is None or abs(as_float) >= 2**53:
            return None
        whole = math.floor(as_float)
        fraction = as_float - whole
    return instant(whole * _NS_IN_MS + round(fraction * _NS_IN_MS)) if abs(whole) < 2**53 else None


def instant_from_s(value: Any) -> int | None:
    """Unix seconds as nanoseconds, between 1970 and 2100; exact to the decimals that a float is written with."""
    found = number(value)
    if found is None or abs(found) >= 2**53:
        return None
    return instant(round(Decimal(repr(found)) * 10**9))


def instant(value: Any) -> int | None:
    """Unix nanoseconds between 1970 (excluded) and 2100."""
    found = integer(value)
    return found if found is not None and 0 < found <= LATEST_NS else None


def instant_from_iso(value: Any) -> int | None:
    """An ISO 8601 time as Unix nanoseconds; without a zone it is taken as UTC."""
    if not isinstance(value, str) or len(value) > 64:
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    delta = aware - datetime(1970, 1, 1, tzinfo=UTC)
    return instant((delta.days * 86_400 + delta.seconds) * 10**9 + delta.microseconds * 1_000)


def duration_from_ms(value: Any) -> int | None:
    """Milliseconds as nanoseconds; negative ones (some engines write -1) and ones over a year are None."""
    return _duration(value, _NS_IN_MS)


def duration_from_s(value: Any) -> int | None:
    """Seconds as nanoseconds; negative ones (some engines write -1) and ones over a year are None."""
    return _duration(value, 10**9)


def _duration(value: Any, unit_ns: int) -> int | None:
    found = number(value)
    if found is None or found < 0 or found * unit_ns > _LONGEST_NS:
        return None
    return round(found * unit_ns)
