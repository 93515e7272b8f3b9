"""JSON text as a record: the envelope taken off, and broken texts told apart by reason."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

Record = dict[str, Any]

_FAMILY = re.compile(r"dynamo\.(?:request|agent)\.trace\.v\d+")
_BOM = b"\xef\xbb\xbf"
_NOT_FINITE = (b"NaN", b"Infinity")


class BrokenLineError(Exception):
    """The text holds no record. `code` is the finding's; the message says why and quotes nothing."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def is_record(text: bytes) -> bool:
    """Whether the text is a record of the schema; one inside another record does not count."""
    if b".trace.v" not in text:
        return False
    try:
        schema = record_of(text).get("schema")
    except BrokenLineError:
        return False
    return type(schema) is str and _FAMILY.fullmatch(schema) is not None


def record_of(line: bytes) -> Record:
    """The record of a text, bare or in the sink's envelope, whose `timestamp` is no wall clock.

    Raises:
        BrokenLineError: it is not one JSON object.
    """
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        record = _second_try(line, error)
    if type(record) is not dict:
        raise BrokenLineError("not_an_object", f"JSON, but {_kind(record)} instead of an object")
    event = record.get("event")
    return event if type(event) is dict and "event_type" not in record else record


def _second_try(line: bytes, error: orjson.JSONDecodeError) -> Any:
    """NaN and infinities are no JSON, but writers emit them: they cost a value, not the line."""
    if line.startswith(_BOM):
        return record_of(line[len(_BOM) :])
    lenient = any(word in line for word in _NOT_FINITE) or "infinity" in error.msg
    if lenient and b"\\ud" not in line.lower():
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            pass
    reason = error.msg.partition(":")[0]
    raise BrokenLineError("broken_line", f"not JSON: {reason} at byte {error.pos}") from None


def _kind(value: object) -> str:
    names = {list: "a list", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")
