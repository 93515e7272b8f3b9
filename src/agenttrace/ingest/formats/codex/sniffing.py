"""Whether content is a rollout: by the envelope of its lines, or by the header that early versions wrote."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest.formats.codex.lines import ENVELOPES
from agenttrace.ingest.head import Head

_HEADER = ("id", "timestamp", "instructions")


def is_rollout(head: Head) -> bool:
    """Whether one of the first records is one of a rollout."""
    found = head.objects
    if not found and isinstance(head.document, dict):
        found = (head.document,)
    return any(_is_enveloped(record) for record in found) or (bool(found) and _is_header(found[0]))


def _is_enveloped(record: dict[str, Any]) -> bool:
    known = isinstance(record.get("type"), str) and record["type"] in ENVELOPES
    return known and isinstance(record.get("payload"), dict) and isinstance(record.get("timestamp"), str)


def _is_header(record: dict[str, Any]) -> bool:
    """The first line before September 2025: its fields stand bare, and no line after it has a time."""
    return all(name in record for name in _HEADER) and "type" not in record
