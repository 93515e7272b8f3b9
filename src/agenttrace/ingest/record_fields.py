"""Fields of records as they are used: one of another type than expected is missing, and that is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Severity

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Reads fields of records, and records a finding for each that cannot be used."""

    recorder: Recorder

    def take(
        self, record: Mapping[str, Any], name: str, read: Callable[[Any], T | None], line: int
    ) -> T | None:
        """`record[name]` as `read` understands it; None where it is missing, null, empty or unusable."""
        value = record.get(name)
        if value is None or value == "":
            return None
        found = read(value)
        if found is None:
            what = f"`{name}` is not what it should be: taken as missing"
            self.recorder.finding("field_unusable", Severity.WARNING, what, line=line)
        return found

    def objects(self, record: Mapping[str, Any], name: str, line: int) -> list[dict[str, Any]]:
        """The objects of a list; what else stands in it is told, and so is what is no list."""
        values = self.take(record, name, listed, line) or []
        found = [value for value in values if isinstance(value, dict)]
        if len(found) < len(values):
            what = f"an item of `{name}` that is no object: left out"
            strays = len(values) - len(found)
            self.recorder.finding("field_unusable", Severity.WARNING, what, line=line, count=strays)
        return found

    def numbered(self, record: Mapping[str, Any], name: str) -> list[tuple[int, dict[str, Any]]]:
        """The objects of a list of records with their places in it, from 1; what is none is told by its place."""
        found = []
        for number, value in enumerate(self.take(record, name, listed, 1) or [], 1):
            if isinstance(value, dict):
                found.append((number, value))
            else:
                what = f"an item of `{name}` that is no object: left out"
                self.recorder.finding("field_unusable", Severity.WARNING, what, line=number)
        return found

    def inner(self, record: Mapping[str, Any], name: str, line: int) -> dict[str, Any]:
        """The object in a field; empty where there is none."""
        return self.take(record, name, mapped, line) or {}


def listed(value: Any) -> list[Any] | None:
    """A list, or None."""
    return value if isinstance(value, list) else None


def mapped(value: Any) -> dict[str, Any] | None:
    """An object, or None."""
    return value if isinstance(value, dict) else None
