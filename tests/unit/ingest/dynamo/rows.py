"""Small traces written by hand, and what the reader makes of them."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from agenttrace.ingest.formats.dynamo import DYNAMO
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

Record = dict[str, Any]

T0 = 1_795_000_000_000
"""Milliseconds at which the traces begin."""

MS = 1_000_000


def event(kind: str, at: float, owner: Record | None, **parts: Any) -> Record:
    """A record at T0 + `at` ms; `owner` is its agent_context."""
    record = {
        "schema": "dynamo.request.trace.v1",
        "event_type": kind,
        "event_time_unix_ms": T0 + round(at),
        "agent_context": owner,
        **parts,
    }
    return {name: value for name, value in record.items() if value is not None}


def request(owner: Record | str | None, at: int, total: Any = 100, **fields: Any) -> Record:
    """A finished request that waited 1 ms and prefilled 9 ms. A field that is given as None is left out."""
    if isinstance(owner, str):
        owner = {"session_id": owner}
    chain = next(iter(owner.values())) if owner else "free"
    body: Record = {
        "request_id": f"{chain}-{at}",
        "x_request_id": f"client-{chain}-{at}",
        "model": "tiny",
        "input_tokens": 64,
        "output_tokens": 10,
        "cached_tokens": 32,
        "request_received_ms": T0 + at,
        "prefill_wait_time_ms": 1.0,
        "prefill_time_ms": 9.0,
        "ttft_ms": 10.0,
        "total_time_ms": total,
        "finish_reason_metadata": {"finish_reason": "stop"},
        **fields,
    }
    body = {name: value for name, value in body.items() if value is not None}
    ends = at + total if isinstance(total, (int, float)) else at
    return event("request_end", ends, owner, request=body)


def tool(
    kind: str, owner: Record | str, call_id: str, start: int, end: int | None = None, **fields: Any
) -> Record:
    """A tool event; with `end` it says that it ended then."""
    if isinstance(owner, str):
        owner = {"session_id": owner}
    body: Record = {"tool_call_id": call_id, "tool_class": "bash", "started_at_unix_ms": T0 + start}
    if end is not None:
        body["ended_at_unix_ms"] = T0 + end
    body = {name: value for name, value in (body | fields).items() if value is not None}
    return event(kind, start if end is None else end, owner, tool=body)


def line(record: Any) -> bytes:
    """One line, without its end."""
    return json.dumps(record).encode()


def read(*records: Any) -> RawTrace:
    """What is read from records, or from lines where they are bytes."""
    lines = [record if isinstance(record, bytes) else line(record) for record in records]
    return read_bytes(b"\n".join(lines))


def read_bytes(content: bytes) -> RawTrace:
    """What is read from a file with this content."""
    recorder = Recorder()
    DYNAMO.read(Source("trace.jsonl", content), recorder)
    return recorder.trace()


def spans(trace: RawTrace) -> dict[str, Record]:
    """The spans by their keys, which are unique here."""
    rows = trace.spans.to_pylist()
    found = {row["span_key"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def only(trace: RawTrace) -> Record:
    """The single span."""
    (row,) = trace.spans.to_pylist()
    assert isinstance(row, dict)
    return row


def findings(trace: RawTrace) -> dict[str, int]:
    """How often each finding was made."""
    return {row["code"]: row["count"] for row in trace.findings.to_pylist()}


def whole_prompts(prefixes: pa.Table) -> dict[str, list[int]]:
    """All block hashes of each request, from rows that are changes of those before."""
    found: dict[str, list[int]] = {}
    last: dict[str, list[int]] = {}
    for row in prefixes.to_pylist():
        chain = row["session_key"]
        last[chain] = last.get(chain, [])[: row["kept_blocks"] or 0] + row["blocks"]
        found[row["span_key"]] = last[chain]
    return found
