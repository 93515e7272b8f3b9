"""One event, checked: which scope it starts or ends, or what it marks, and when.

Facts of the format: the ATOF 0.1 specification of NVIDIA NeMo Relay, and its event types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agenttrace.ingest import fields

_UNITS = ((4_102_444_800, 10**9), (4_102_444_800_000, 10**6), (4_102_444_800_000_000, 1_000))
"""Unix time up to the year 2100 in seconds, milliseconds and microseconds, and the nanoseconds in each."""

MICROSECONDS = 1_000


@dataclass(frozen=True, slots=True)
class Event:
    """An event. `held` is all of it, for what only some events have."""

    line: int
    phase: str
    uuid: str
    parent: str | None
    t_ns: int | None
    name: str | None
    category: str
    held: dict[str, Any]

    def part(self, name: str) -> dict[str, Any]:
        """`category_profile`, `data` or `metadata`; empty where it is no object."""
        found = self.held.get(name)
        return found if isinstance(found, dict) else {}

    def note(self, name: str) -> Any:
        """An entry of the metadata; sinks may have replaced the dots in its name."""
        metadata = self.part("metadata")
        return metadata.get(name, metadata.get(name.replace(".", "_")))


def event_of(record: Any, line: int) -> Event | None:
    """The event; None where it has no id, or is of no known kind. `phase`: start, end or mark."""
    if not isinstance(record, dict):
        return None
    uuid = fields.text(record.get("uuid"))
    kind, phase = record.get("kind"), record.get("scope_category")
    if kind == "mark":
        phase = "mark"
    if uuid is None or phase not in ("start", "end", "mark") or kind not in ("scope", "mark"):
        return None
    t_ns, _ = instant_of(record.get("timestamp"))
    category = fields.text(record.get("category")) or "unknown"
    parent = fields.text(record.get("parent_uuid"))
    name = fields.text(record.get("name"))
    return Event(line, phase, uuid, parent if parent != uuid else None, t_ns, name, category, record)


def instant_of(value: Any) -> tuple[int | None, int]:
    """Nanoseconds, and those in the unit that was taken: the specified one is the microsecond.

    Numbers of other sizes are read as what makes an instant of this century of them.
    """
    if isinstance(value, str) and (found := fields.instant_from_iso(value)) is not None:
        return found, MICROSECONDS
    number = fields.number(value)
    if number is None or number <= 0:
        return None, MICROSECONDS
    unit = next((unit for largest, unit in _UNITS if number <= largest), 1)
    whole = fields.integer(value)
    return fields.instant(whole * unit if whole is not None else round(number * unit)), unit
