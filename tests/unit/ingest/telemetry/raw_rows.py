"""What a container of spans becomes, as rows that a test can look at."""

from __future__ import annotations

import json
from typing import Any

from agenttrace.ingest.raw import RawTrace
from contract.trace_files import raw_of

Row = dict[str, Any]


def read(format_id: str, *values: Any) -> RawTrace:
    """The raw rows of JSON values: one document, or one value a line."""
    return raw_of(b"\n".join(json.dumps(value).encode() for value in values), format_id)


def rows(trace: RawTrace, table: str = "spans") -> list[Row]:
    """The rows of a raw table, without what is null."""
    found = getattr(trace, table).to_pylist()
    return [{name: value for name, value in row.items() if value is not None} for row in found]


def by_key(trace: RawTrace) -> dict[str, Row]:
    """Spans by the last part of their keys."""
    return {row["span_key"].partition("/")[2]: row for row in rows(trace)}


def picked(row: Row, *names: str) -> tuple[Any, ...]:
    """Some values of a row."""
    return tuple(row.get(name) for name in names)


def findings(trace: RawTrace) -> dict[str, int]:
    """Codes and counts."""
    return {row["code"]: row["count"] for row in trace.findings.to_pylist()}
