"""Which program wrote a file, and in which version, as far as the head of the file says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agenttrace.ingest.doctor.switches import PAIRS, RESOURCES, VERSIONS
from agenttrace.ingest.head import Head

_LONGEST = 60


def producers_in(format_id: str, head: Head) -> set[str]:
    """Names with versions, like `Claude Code 2.1.3`."""
    found: set[str] = set()
    items = head.items[:64]
    if format_id in VERSIONS:
        name, keys = VERSIONS[format_id]
        for item in items:
            told = next(
                (value for key in keys for value in _at(item, key.split(".")) if _is_word(value)), None
            )
            if told is not None:
                found.add(f"{name} {told}"[:_LONGEST])
    for place in RESOURCES.get(format_id, ()):
        for item in items:
            for attributes in _at(item, place.split(".")):
                found |= set(_named(attributes))
    return found


def _named(attributes: Any) -> Iterator[str]:
    if not isinstance(attributes, list):
        return
    known = {
        str(one.get("key")): value
        for one in attributes
        if isinstance(one, dict) and isinstance(one.get("value"), dict)
        if isinstance(value := one["value"].get("stringValue"), str)
    }
    for name, version in PAIRS:
        if name in known:
            yield " ".join(part for part in (known[name], known.get(version)) if part)[:_LONGEST]


def _at(value: Any, keys: list[str]) -> Iterator[Any]:
    """What stands at the end of the keys; `*` is each of a list."""
    if not keys:
        yield value
        return
    key, *rest = keys
    if key == "*":
        for inner in value[:8] if isinstance(value, list) else ():
            yield from _at(inner, rest)
    elif isinstance(value, dict) and key in value:
        yield from _at(value[key], rest)


def _is_word(value: Any) -> bool:
    return (isinstance(value, str) and bool(value)) or (
        isinstance(value, int) and not isinstance(value, bool)
    )
