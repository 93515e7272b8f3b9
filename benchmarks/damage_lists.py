"""Where the records of a document stand: the list that holds them, and what is around it."""

from __future__ import annotations

import json
from typing import Any

Value = Any
"""What stands in a document: of any type."""
Place = tuple[str | int, ...]

_NAMES: dict[str, Place] = {
    "jaeger": ("data", "*", "spans"),
    "zipkin": ("*",),
    "nat": ("*", "intermediate_steps"),
    "atif": ("steps",),
    "swe-agent": ("trajectory",),
    "mini-swe-agent": ("messages",),
    "opencode": ("messages",),
    "gemini-cli": ("messages",),
    "langfuse": ("observations",),
    "langsmith": ("child_runs",),
    "tempo": ("batches",),
}
"""The way to the records where they are neither the document nor a list in it of a well-known name."""

_PAGES = ("data", "batch", "post", "rows", "observations")
_HERE = "@@records@@"


def values_of(content: bytes) -> list[Value]:
    """The JSON values that follow each other in it; none where something else is between them."""
    decoder, text, at = json.JSONDecoder(), content.decode().strip(), 0
    found = []
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            return []
        found.append(value)
        at += len(text[at:]) - len(text[at:].lstrip())
    return found


def record_lists(document: Value, format_id: str) -> list[Place]:
    """The ways to lists of records; none in a document that is otherwise built, such as a table by columns."""
    named = _NAMES.get(format_id)
    found = _following(document, named) if named else []
    if isinstance(document, dict) and "columns" not in document:
        found += [(name,) for name in _PAGES if _is_list(document.get(name)) and (name,) not in found]
    if _is_list(document) and not found:
        found.append(())
    return found


def _following(value: Value, way: Place) -> list[Place]:
    if not way:
        return [()] if _is_list(value) else []
    first, rest = way[0], way[1:]
    if first == "*":
        inner: list[tuple[str | int, Value]] = list(enumerate(value)) if isinstance(value, list) else []
    else:
        inner = [(first, value[first])] if isinstance(value, dict) and first in value else []
    return [(key, *place) for key, below in inner for place in _following(below, rest)]


def _is_list(value: Value) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(isinstance(item, dict) for item in value)


def around(document: Value, place: Place) -> tuple[bytes, list[Value], bytes]:
    """What stands before the records of a list, the records, and what stands behind them."""
    holder = {"": document}
    way: Place = ("", *place)
    inner: Value = holder
    for key in way[:-1]:
        inner = inner[key]
    records: list[Value] = inner[way[-1]]
    inner[way[-1]] = [_HERE]
    start, _, end = json.dumps(holder[""]).partition(f'"{_HERE}"')
    inner[way[-1]] = records
    return start.encode(), records, end.encode()
