"""Time stamps to nanoseconds, quickly where they are written as Claude Code writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from agenttrace.ingest.fields import LATEST_NS, instant_from_iso
from agenttrace.native.instants import REFUSED, instants

UNKNOWN = 0
"""An instant that is not known; no instant is that early."""

NEVER = 2**63
"""After every instant."""

_LENGTH = len("2026-01-31T07:15:51.765Z")
_NO_TIME = "1970-01-01T00:00:00.000Z"
_parsed = datetime.fromisoformat
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_time(text: str | None) -> int:
    """Unix nanoseconds, or UNKNOWN. Any other ISO 8601 time than one to the millisecond takes more effort."""
    if text is None:
        return UNKNOWN
    if len(text) == _LENGTH:
        try:
            since = _parsed(text) - _EPOCH
        except (ValueError, TypeError):  # no time, or one without a zone
            return instant_from_iso(text) or UNKNOWN
        t_ns = (since.days * 86_400 + since.seconds) * 10**9 + since.microseconds * 1_000
        return t_ns if UNKNOWN < t_ns <= LATEST_NS else UNKNOWN
    return instant_from_iso(text) or UNKNOWN


def read_times(texts: Sequence[str | None]) -> list[int]:
    """The same of each of them."""
    found = instants([text or _NO_TIME for text in texts])
    if found is None:
        return [read_time(text) for text in texts]
    if REFUSED in found:
        return [read_time(text) if t_ns == REFUSED else t_ns for text, t_ns in zip(texts, found, strict=True)]
    return found
