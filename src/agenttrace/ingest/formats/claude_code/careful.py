"""The slow way to a record, for lines that the typed decoder refuses: the same result, field by field.

What is not strict JSON but can be understood (NaN, lone surrogates, bytes that are no UTF-8, several
objects on one line) is understood; a field of another type than declared is taken as missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, get_args, get_origin

import msgspec
from msgspec.structs import fields

from agenttrace.ingest.formats.claude_code.records import Record

_BOM = "\ufeff"
_SPACE = " \t\r\n\x00,"
_TEXT_DECODER = json.JSONDecoder()
_MISFIT = object()


@dataclass(slots=True)
class CarefulReading:
    """The records of one line, the fields that were of another type, and what could not be read at all."""

    records: list[Record] = field(default_factory=list)
    odd_fields: list[str] = field(default_factory=list)
    broken: str | None = None
    not_an_object: bool = False


def read_carefully(line: bytes) -> CarefulReading:
    """Everything of the line that can be understood. Never raises."""
    reading = CarefulReading()
    try:
        for value in _values(line.decode("utf-8", errors="replace")):
            if isinstance(value, dict):
                reading.records.append(_fitted(Record, value, reading.odd_fields, ""))
            else:
                reading.not_an_object = True
    except json.JSONDecodeError as error:
        reading.broken = f"{error.msg} at character {error.pos}"
    except (ValueError, RecursionError):
        reading.broken = "nested too deeply, or a number without end"
    return reading


def _values(text: str) -> Iterator[Any]:
    text = text.removeprefix(_BOM)
    position = 0
    while position < len(text):
        value, position = _TEXT_DECODER.raw_decode(text, position)
        yield value
        while position < len(text) and text[position] in _SPACE:
            position += 1


def _fitted(kind: type, values: dict[str, Any], odd: list[str], path: str) -> Any:
    """An instance of `kind` with what of `values` fits it."""
    made = kind()
    for declared in fields(kind):
        name = declared.encode_name
        if name in values:
            value = _fit(declared.type, values[name], odd, f"{path}{name}")
            if value is not _MISFIT:
                setattr(made, declared.name, value)
    return made


def _fit(declared: Any, value: Any, odd: list[str], path: str) -> Any:
    try:
        return msgspec.json.decode(json.dumps(_readable(value)), type=declared)
    except (ValueError, RecursionError):
        pass
    for option in get_args(declared) if get_origin(declared) is UnionType else (declared,):
        if isinstance(value, dict) and isinstance(option, type) and issubclass(option, msgspec.Struct):
            return _fitted(option, value, odd, f"{path}.")
        if isinstance(value, list) and get_origin(option) is list:
            return _fitted_list(get_args(option)[0], value, odd, path)
    odd.append(path)
    return _MISFIT


def _fitted_list(declared: Any, values: list[Any], odd: list[str], path: str) -> list[Any]:
    fitted = (_fit(declared, value, odd, f"{path}[]") for value in values)
    return [value for value in fitted if value is not _MISFIT]


def _readable(value: Any) -> Any:
    """Text as UTF-8 can hold it; other values as they are, since what they hold is fitted piece by piece."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value
