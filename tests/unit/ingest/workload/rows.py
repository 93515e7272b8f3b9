"""Workloads as text, and what reading makes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.reading import read as read_files
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from agenttrace.model.trace import Trace

MS = 1_000_000
S = 1_000 * MS
Row = Mapping[str, Any]


def lines(*rows: Row) -> bytes:
    """JSON lines."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def read(*rows: Row, format_id: str) -> RawTrace:
    """The raw rows of a file with these lines, which that format must be recognised in."""
    return raw(lines(*rows), format_id)


def raw(content: bytes, format_id: str) -> RawTrace:
    """The raw rows of a file that must be of that format."""
    source = Source("made up", content)
    found = recognise(source)
    assert found.id == format_id
    recorder = Recorder()
    found.read(source, recorder)
    return recorder.trace()


def assembled(folder: Path, *rows: Row) -> Trace:
    """The trace in a file with these lines."""
    path = folder / "workload.jsonl"
    path.write_bytes(lines(*rows))
    return read_files(path)


def spans(trace: RawTrace | Trace, kind: str = "request") -> list[dict[str, Any]]:
    """Spans of a kind in order; what is null is left out."""
    rows = [row for row in trace.spans.to_pylist() if row["kind"] == kind]
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def column(trace: RawTrace | Trace, name: str, kind: str = "request") -> list[Any]:
    """What those spans have in a column."""
    return [row.get(name) for row in spans(trace, kind)]


def findings(trace: RawTrace) -> dict[str, int]:
    """How often each finding was made."""
    return {row["code"]: row["count"] for row in trace.findings.to_pylist()}


def prompts(trace: RawTrace) -> list[list[int]]:
    """Block hashes of each prompt."""
    return [row["blocks"] for row in trace.prefixes.to_pylist()]
