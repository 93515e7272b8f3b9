"""The metrics of a record, each a value with its unit."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest import fields

_NS_IN = {
    "ns": 1,
    "nanoseconds": 1,
    "us": 1_000,
    "microseconds": 1_000,
    "ms": 1_000_000,
    "milliseconds": 1_000_000,
    "s": 10**9,
    "sec": 10**9,
    "seconds": 10**9,
}


class Metrics:
    """The metrics of one record. Files of October 2025 shorten some names."""

    def __init__(self, held: Any) -> None:
        """`held`: what stands under `metrics`, of whatever type."""
        self._held: dict[str, Any] = held if isinstance(held, dict) else {}

    def duration_ns(self, *names: str) -> int | None:
        """The first of these that is there; None where its unit is none of time."""
        for name in names:
            metric = self._held.get(name)
            if isinstance(metric, dict):
                unit = _NS_IN.get(str(metric.get("unit")))
                value = fields.number(metric.get("value"))
                if unit is not None and value is not None:
                    return fields.duration_from_ms(value * unit / 1_000_000)
        return None

    def instant_ns(self, name: str) -> int | None:
        """An instant, which is written in nanoseconds."""
        metric = self._held.get(name)
        if isinstance(metric, dict) and _NS_IN.get(str(metric.get("unit"))) == 1:
            return fields.instant(metric.get("value"))
        return None

    def tokens(self, *names: str) -> int | None:
        """The first of these counts that is there."""
        for name in names:
            metric = self._held.get(name)
            found = fields.count(metric.get("value")) if isinstance(metric, dict) else None
            if found is not None:
                return found
        return None
