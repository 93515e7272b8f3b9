"""The values of a line by the keys that `model/interchange.py` declares; each fault costs one value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa

from agenttrace.ingest import fields
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.interchange import Key, is_plausible_ns
from agenttrace.model.schema import BOOL, FLOAT64, INT32, INT64, UINT64
from agenttrace.model.vocabulary import Severity

Record = dict[str, Any]

_EPOCH = re.compile(r"1970-01-01T00:00:00(\.0*)?(Z|\+00:00)")
"""The first instant of what counts from its own beginning; elsewhere it is mostly a time that nobody set."""
_BELOW_US = re.compile(r"\.\d{6}(\d{1,3})")

_WITH_ZONE = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")
_READERS: dict[pa.DataType, Callable[[Any], Any]] = {
    INT64: fields.count,
    INT32: fields.small_count,
    UINT64: fields.unsigned,
    FLOAT64: fields.number,
    BOOL: fields.boolean,
}


class Values:
    """Reads the values of one source's lines."""

    def __init__(self, recorder: Recorder) -> None:
        """Faults go to `recorder`."""
        self._recorder = recorder

    def of(self, record: Record, keys: Iterable[Key], line: int) -> Record:
        """What the record says under those keys, None where it says nothing that can be used."""
        return {key.name: self._value(record.get(key.name), key, line) for key in keys}

    def objects(self, record: Record, name: str, line: int) -> list[Record]:
        """The objects of a list; what else is in it is a fault."""
        found = record.get(name)
        members = found if isinstance(found, list) else []
        objects = [member for member in members if isinstance(member, dict)]
        if len(objects) < len(members) or (found is not None and not isinstance(found, list)):
            self._fault(name, line)
        return objects

    def _value(self, value: Any, key: Key, line: int) -> Any:
        if value is None:
            return None
        if key.instant:
            return self._instant(value, key.name, line)
        if key.words:
            found = value if isinstance(value, str) and value in key.words else None
        elif key.column is None:
            found = _id(value)
        elif key.column.type in _READERS:
            found = None if isinstance(value, str) else _READERS[key.column.type](value)
        else:
            found = fields.text(value)
        if found is None:
            self._fault(key.name, line)
        return found

    def _instant(self, value: Any, name: str, line: int) -> int | None:
        found = _from_iso(value) if isinstance(value, str) else None
        if found is None and not isinstance(value, str):
            found = fields.instant(value)
            if found is not None and not is_plausible_ns(found):
                what = f"{name} is no integer of nanoseconds, but of a longer unit: left out"
                self._recorder.finding("time_unit", Severity.WARNING, what, line=line)
                return None
        if found is None:
            self._fault(name, line)
        elif isinstance(value, str) and not _WITH_ZONE.search(value):
            what = f"{name} has no time zone: taken as UTC"
            self._recorder.finding("no_time_zone", Severity.WARNING, what, line=line)
        return found

    def _fault(self, name: str, line: int) -> None:
        what = f"{name} is not what the schema says: left out"
        self._recorder.finding("wrong_type", Severity.WARNING, what, line=line)


def _id(value: Any) -> str | None:
    """Text, or an integer as text, of any size."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return fields.text(str(value)) if isinstance(value, str) or whole else None


def _from_iso(value: str) -> int | None:
    """Unix nanoseconds, all nine digits of them."""
    if _EPOCH.fullmatch(value):
        return 0
    found = fields.instant_from_iso(value)
    below = _BELOW_US.search(value)
    return found if found is None or below is None else found + int(below[1].ljust(3, "0"))
