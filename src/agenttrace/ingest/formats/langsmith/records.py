"""Which records are runs, and where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WRAPPERS = ("runs", "items", "post", "patch")
"""Lists of a page of the API, and of the batches in which SDKs create and complete runs."""

_TYPES = frozenset({"llm", "tool", "chain", "retriever", "embedding", "prompt", "parser"})
_OWN = ("dotted_order", "trace_id", "parent_run_id", "session_id", "session_name", "project_id", "child_runs")


def is_run(record: Mapping[str, Any]) -> bool:
    """A run: it has a type, and a start or one of the ids that only runs have; ids stand behind long inputs."""
    kind = record.get("run_type")
    if not isinstance(kind, str) or not kind:
        return False
    return (kind.lower() in _TYPES and "start_time" in record) or any(name in record for name in _OWN)


def is_patch(record: Mapping[str, Any]) -> bool:
    """What completes a run that an earlier record created."""
    return "run_type" not in record and "end_time" in record and ("dotted_order" in record or "id" in record)
