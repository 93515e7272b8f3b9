"""Instants as exports write them: ISO 8601 in many precisions, and numbers whose unit shows in their size."""

from __future__ import annotations

import re
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

_ISO = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?\s*(Z|z|UTC|[+-]\d\d:?\d\d)?")
_UNITS = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))
"""A number below the first is written in units of the second, in nanoseconds: seconds, milli-, microseconds.

Each bound is the year 5138 in its own unit, and 1973 in the next finer one.
"""


class Moments:
    """Reads the instants of one source, and notes what is odd about them."""

    def __init__(self, recorder: Recorder, *, zone_is_told: bool = False) -> None:
        """Findings go to `recorder`. `zone_is_told`: the format says that times without a zone are UTC."""
        self._recorder = recorder
        self._zone_is_told = zone_is_told

    def read(self, value: Any, name: str, line: int) -> int:
        """Unix nanoseconds; 0 where there is none, with a finding if there is a value that is no instant."""
        if value is None or value == "":
            return 0
        found = self._from_text(value, line) if isinstance(value, str) else _from_number(value)
        if not found:
            what = f"{name} is not what it should be: left out"
            self._recorder.finding("unusable_value", Severity.WARNING, what, line=line)
        return found or 0

    def _from_text(self, value: str, line: int) -> int | None:
        match = _ISO.fullmatch(value.strip())
        if match is None:
            return _from_number(value)
        begin, fraction, zone = match.groups()
        if zone is None and not self._zone_is_told:
            what = "a time without a zone: taken as UTC"
            self._recorder.finding("no_time_zone", Severity.INFO, what, line=line)
        zone = "+00:00" if zone in (None, "Z", "z", "UTC") else zone
        whole = fields.instant_from_iso(begin + zone)
        return None if whole is None else whole + int((fraction or "").ljust(9, "0"))


def _from_number(value: Any) -> int | None:
    whole = fields.integer(value)
    if whole is not None:
        return fields.instant(whole * _unit(whole))
    number = fields.number(value)
    if number is None or not 0 < number < _UNITS[-1][0]:
        return None
    return fields.instant(round(number * _unit(number)))


def _unit(value: float) -> int:
    return next((unit for bound, unit in _UNITS if value < bound), 1)
