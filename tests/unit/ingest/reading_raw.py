"""What a format makes of content that a test wrote by hand."""

from __future__ import annotations

import json
from typing import Any

from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import format_by_id, recognise
from agenttrace.ingest.source import Source

Record = dict[str, Any]


def read_json(value: Any, format_id: str) -> RawTrace:
    """The raw rows of one document."""
    return read_bytes(json.dumps(value).encode(), format_id)


def read_lines(records: list[Any], format_id: str) -> RawTrace:
    """The raw rows of records, one on a line."""
    return read_bytes(b"".join(json.dumps(each).encode() + b"\n" for each in records), format_id)


def read_bytes(content: bytes, format_id: str) -> RawTrace:
    """The raw rows of content."""
    recorder = Recorder()
    format_by_id(format_id).read(Source("by hand", content), recorder)
    return recorder.trace()


def claimed(value: Any) -> str:
    """The format that claims a document."""
    return recognise(Source("by hand", json.dumps(value).encode())).id


def rows(trace: RawTrace) -> dict[str, Record]:
    """The span rows by the id of the span, without what is null."""
    found = {}
    for row in trace.spans.to_pylist():
        name = row["span_key"].rpartition("/")[2]
        found[name] = {column: value for column, value in row.items() if value is not None}
    return found


def findings(trace: RawTrace) -> dict[str, int]:
    """Codes and counts."""
    return {row["code"]: row["count"] for row in trace.findings.to_pylist()}


def links(trace: RawTrace) -> set[tuple[str, str, str]]:
    """Each link that the source states, once assembled: from, to (as ids of spans), kind."""
    built = assemble([ReadSource("by hand", "by hand", 1, trace)])
    names = {
        (row["session"], row["span"]): str(row["source_id"]).rpartition("/")[2]
        for row in built.spans.to_pylist()
    }
    return {
        (names[row["session"], row["from_span"]], names[row["session"], row["to_span"]], row["kind"])
        for row in built.links.to_pylist()
        if row["explicit"]
    }


def edges(trace: RawTrace) -> set[tuple[str, str]]:
    """The keys that are one session."""
    return {(row["key_a"], row["key_b"]) for row in trace.key_edges.to_pylist()}
