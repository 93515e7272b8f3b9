"""Time stamps to nanoseconds, quickly: most of them share their minute with one before."""

from __future__ import annotations

from agenttrace.ingest.fields import instant_from_iso

UNKNOWN = 0
"""An instant that is not known; no instant is that early."""

NEVER = 2**63
"""After every instant."""

_SECONDS = {f"{number:02d}.": number * 10**9 for number in range(60)}
_THOUSANDTHS = {f"{number:03d}Z": number * 10**6 for number in range(1000)}
_MINUTES_KEPT = 4096


class Clock:
    """Reads `2026-01-31T07:15:51.765Z`, and any other ISO 8601 time with more effort."""

    def __init__(self) -> None:
        """No minute is known yet."""
        self._minutes: dict[str, int] = {}
        self._second = ""
        self._second_ns = UNKNOWN

    def read(self, text: str | None) -> int:
        """Unix nanoseconds, or UNKNOWN."""
        if text is None:
            return UNKNOWN
        thousandth = _THOUSANDTHS.get(text[20:])
        if thousandth is not None and text[:20] == self._second:
            return self._second_ns + thousandth
        minute = self._minutes.get(text[:17])
        second = _SECONDS.get(text[17:20])
        if minute is not None and second is not None and thousandth is not None:
            self._second, self._second_ns = text[:20], minute + second
            return self._second_ns + thousandth
        found = instant_from_iso(text)
        if found is None:
            return UNKNOWN
        if second is not None and thousandth is not None:
            if len(self._minutes) > _MINUTES_KEPT:
                self._minutes.clear()
            self._minutes[text[:17]] = found - second - thousandth
        return found
