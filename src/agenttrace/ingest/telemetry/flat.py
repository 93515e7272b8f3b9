"""Attributes that come nested, as the flat ones that the dialect tables know."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest.telemetry.names import code_of
from agenttrace.ingest.telemetry.values import Scalar, json_text

_NODES = 100_000
_SCALARS = (str, int, float, bool)


def flattened(attributes: Any) -> dict[str, Scalar]:
    """The attributes that anything reads, by their names with dots; {} where it is no object.

    What is nested and read as a whole (messages, usage) stays together as JSON text. Nothing else is kept.
    """
    found: dict[str, Scalar] = {}
    waiting: list[tuple[str, Any]] = [("", attributes)] if isinstance(attributes, dict) else []
    for _ in range(_NODES):
        if not waiting:
            break
        name, value = waiting.pop()
        if isinstance(value, _SCALARS):
            if code_of(name) >= 0:
                found[name] = value
        elif name and isinstance(value, dict | list) and code_of(name) >= 0:
            found[name] = json_text(value)
        elif isinstance(value, dict):
            waiting += [(f"{name}.{key}" if name else str(key), child) for key, child in value.items()]
        elif isinstance(value, list):
            waiting += [(f"{name}.{place}", child) for place, child in enumerate(value)]
    return found
