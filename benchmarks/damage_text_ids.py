"""The ids that stand in a piece of a trace, damaged or not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from telemetry_forms import plain

Value = Any
"""What stands in a document: of any type."""

_ATTEMPTS = 30
_NEWS = re.compile(r"<(?:task-id|tool-use-id)>([^<]+)<")
_HEX = re.compile(r"[0-9A-Fa-f]{16,32}")


def ids_of(unit: bytes, names: frozenset[str]) -> Iterator[str]:
    """The values of fields and attributes of those names, wherever they stand in what can be understood."""
    for document in documents_in(unit):
        yield from _values(document, names)


def documents_in(unit: bytes) -> Iterator[Value]:
    """The JSON values that can be made out in it, or the message of a resource."""
    if unit[:1] == b"\x0a":
        try:
            yield {"resourceSpans": [plain(ResourceSpans.FromString(unit))]}
        except DecodeError:
            return
        return
    text, decoder, position = unit.decode("utf-8", errors="replace"), json.JSONDecoder(), 0
    for _ in range(_ATTEMPTS):
        try:
            value, position = decoder.raw_decode(text, position)
            yield value
        except (ValueError, RecursionError):
            position += 1
        position = text.find("{", position)
        if position < 0:
            return


def _values(value: Value, names: frozenset[str]) -> Iterator[str]:
    """Explicit stack: what is nested deeply is looked at too."""
    stack = [value]
    while stack:
        current = stack.pop()
        if isinstance(current, list):
            stack.extend(current)
        elif isinstance(current, dict):
            stack.extend(current.values())
            attribute = current.get("key")
            named = [(attribute, current.get("value"))] if isinstance(attribute, str) else []
            for name, held in [*current.items(), *named]:
                if name in names:
                    yield from _texts(held)
        elif isinstance(current, str) and "-id>" in current:
            yield from _NEWS.findall(current)


def _texts(held: Value) -> Iterator[str]:
    """A text, or an attribute's. Of a number in hexadecimal the digits."""
    if isinstance(held, dict):
        held = held.get("stringValue")
    if isinstance(held, int) and not isinstance(held, bool):
        held = str(held) if abs(held) < 2**64 else None
    if isinstance(held, str) and held:
        held = held.encode(errors="replace").decode()  # as readers do with what UTF-8 cannot hold
        digits = held.removeprefix("0x")
        yield digits.lower() if _HEX.fullmatch(digits) else held
