"""Every setting: its name, how it is read, and what it is without being set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.api.settings.values import (
    Reader,
    day,
    duration_ns,
    limit,
    one_of,
    share,
    share_of,
    some_of,
    span,
    text,
    whole,
)
from agenttrace.errors import UsageError, meant

STATS = ("geomean", "mean", "tail_mean", "p50", "p95", "p99")
LEVELS = ("off", "warn", "error")

SINGLE: dict[str, tuple[Reader, Any]] = {
    "alpha": (share_of(0.5), 0.05),
    "run_drift": (share, 0.05),
    "pair_by": (text, None),
    "least_paired": (share_of(1.0), 0.8),
    "fail_on": (some_of("regression", "inconclusive", "improvement", "never"), ("regression",)),
    "noise": (text, None),
    "seed": (whole, 0),
    "suspend_after": (span, "30m"),
}

TABLES: dict[str, dict[str, Reader]] = {
    "gate": {
        "metric": text,
        "stat": one_of(*STATS),
        "level": one_of(*LEVELS),
        "max_increase": share,
        "max_decrease": share,
        "margin": share,
        "min_abs": duration_ns,
    },
    "budget": {
        "metric": text,
        "stat": one_of(*STATS),
        "max": limit,
        "min": limit,
        "level": one_of(*LEVELS),
    },
    "waiver": {"metric": text, "reason": text, "expires": day, "max_increase": share, "ticket": text},
}
NEEDED = {
    "gate": ("metric", "stat"),
    "budget": ("metric", "stat"),
    "waiver": ("metric", "reason", "expires"),
}


def read_settings(told: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The values, checked. Raises UsageError where a key is not known or its value cannot be meant."""
    found: dict[str, Any] = {}
    for key, value in told.items():
        if key in SINGLE:
            found[key] = _read(SINGLE[key][0], value, key, where)
        elif key in TABLES:
            found[key] = _rows(key, value, where)
        else:
            raise _unknown(key, [*SINGLE, *TABLES], where)
    return found


def _rows(name: str, value: Any, where: str) -> list[dict[str, Any]]:  # noqa: ANN401
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise UsageError(f"{name}: expected tables, [[{name}]]", where=where)
    rows = []
    for row in value:
        for key in row:
            if key not in TABLES[name]:
                raise _unknown(key, list(TABLES[name]), where, name)
        missing = [key for key in NEEDED[name] if key not in row]
        if missing:
            raise UsageError(f"{name}: {missing[0]} is missing", where=where)
        rows.append({key: _read(TABLES[name][key], of, f"{name}.{key}", where) for key, of in row.items()})
    return rows


def _read(reader: Reader, value: Any, key: str, where: str) -> Any:  # noqa: ANN401
    try:
        return reader(value)
    except ValueError as error:
        raise UsageError(f"{key} = {value!r}: {error}", where=where) from error


def _unknown(key: str, known: list[str], where: str, inside: str | None = None) -> UsageError:
    name = f"{inside}.{key}" if inside else key
    return UsageError(f"{name}: there is no such setting", where=where, hint=meant(key, known))
