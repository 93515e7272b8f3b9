"""Which records the SDK exports, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WRAPPERS = ("data",)
"""The list of a batch, as the SDK sends it to OpenAI."""


def is_trace(record: Mapping[str, Any]) -> bool:
    """The record of a trace; it has no times."""
    return record.get("object") == "trace" and ("workflow_name" in record or "group_id" in record)


def is_span(record: Mapping[str, Any]) -> bool:
    """The record of a span."""
    return record.get("object") == "trace.span" and isinstance(record.get("span_data"), dict)
