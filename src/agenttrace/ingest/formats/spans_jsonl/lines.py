"""Which objects are lines of the interchange format, told by their keys."""

from __future__ import annotations

from typing import Any

from agenttrace.model.interchange import KEYS, LISTS, OWN_NOTES

SPANS_JSONL = "spans-jsonl"
KNOWN = frozenset(key.name for key in KEYS) | LISTS.keys()
_KINDS = frozenset(next(key.words for key in KEYS if key.name == "kind"))


def is_line(record: dict[str, Any]) -> bool:
    """It has the keys that every line must have, and none that no line may have."""
    kind, start = record.get("kind"), record.get("start")
    return (
        isinstance(kind, str)
        and kind in _KINDS
        and isinstance(start, (str, int))
        and isinstance(record.get("session"), (str, int))
        and {key for key in record if not key.startswith(OWN_NOTES)} <= KNOWN
    )
