"""Traces of Tempo: OTLP under other keys, its ids often in base64.

`/api/traces/ID` answers `{"batches": [...]}`; `/api/v2/traces/ID` answers `{"trace": {"resourceSpans": [...]}}`,
with a status and a message where the trace is larger than Tempo hands out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Record = dict[str, Any]

_BATCHES = ("batches", "resourceSpans")
GROUPS = ("scopeSpans", "instrumentationLibrarySpans")


def documents(value: Any) -> Iterator[tuple[Record, str]]:
    """Objects that hold batches, and the key of these."""
    if isinstance(value, dict):
        yield from _holding(value, _BATCHES[:1])
        yield from _holding(value.get("trace"), _BATCHES)


def _holding(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[Record, str]]:
    for key in keys if isinstance(value, dict) else ():
        batches = value.get(key)
        if isinstance(batches, list) and any(map(_is_batch, batches)):
            yield value, key


def _is_batch(batch: Any) -> bool:
    return isinstance(batch, dict) and any(isinstance(batch.get(key), list) for key in GROUPS)
