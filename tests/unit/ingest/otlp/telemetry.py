"""Small telemetry written by hand, and what the reader makes of it."""

from __future__ import annotations

import json
from typing import Any

from agenttrace.ingest.formats.otlp import OTLP
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

Record = dict[str, Any]
Scalar = Any

T0 = 1_767_225_600 * 10**9
"""Nanoseconds at which the traces begin."""

MS = 10**6
S = 10**9
TRACE = "0af7651916cd43dd8448eb211c80319c"


def ident(number: int) -> str:
    """A span id."""
    return f"{number:016x}"


def key(number: int, trace: str = TRACE) -> str:
    """The key of a span."""
    return f"{trace}/{ident(number)}"


def span(number: int, bounds: tuple[float, float], values: Record | None = None, /, **more: Scalar) -> Record:
    """A span from and to milliseconds after T0. `parent` is a number; other names are fields of the span."""
    parent = more.pop("parent", None)
    return {
        "traceId": more.pop("trace", TRACE),
        "spanId": ident(number),
        "parentSpanId": ident(parent) if parent else "",
        "name": more.pop("name", f"span {number}"),
        "kind": 1,
        "startTimeUnixNano": str(T0 + round(bounds[0] * MS)),
        "endTimeUnixNano": str(T0 + round(bounds[1] * MS)),
        "attributes": attributes(values or {}),
        "status": {},
        **more,
    }


def attributes(values: Record) -> list[Record]:
    """Key and value of each, in the types of OTLP."""
    return [{"key": name, "value": any_value(value)} for name, value in values.items()]


def any_value(value: Scalar) -> Record:
    """A value with the name of its type."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(each) for each in value]}}
    if isinstance(value, dict):
        return {"kvlistValue": {"values": attributes(value)}}
    return {"stringValue": value}


def event(name: str, at: float, values: Record | None = None) -> Record:
    """A span event, milliseconds after T0."""
    return {
        "name": name,
        "timeUnixNano": str(T0 + round(at * MS)),
        "attributes": attributes(values or {}),
    }


def document(*spans: Record, scope: str = "hand", **resource: Scalar) -> Record:
    """A document of one scope. Resource attributes have `_` where OpenTelemetry has a dot."""
    facts = attributes({name.replace("_", "."): value for name, value in resource.items()})
    group = {"scope": {"name": scope}, "spans": list(spans)}
    return {"resourceSpans": [{"resource": {"attributes": facts}, "scopeSpans": [group]}]}


def log(at: float, name: str, values: Record, body: str | None = None) -> Record:
    """A log record of an event, milliseconds after T0."""
    return {
        "timeUnixNano": str(T0 + round(at * MS)),
        "body": {"stringValue": body} if body else None,
        "attributes": attributes({"event.name": name, **values}),
    }


def logs(*records: Record, scope: str = "hand") -> Record:
    """A document of log records."""
    group = {"scope": {"name": scope}, "logRecords": list(records)}
    return {"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [group]}]}


def lines(*documents: Record) -> bytes:
    """Each document on a line."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in documents)


def read(content: bytes) -> RawTrace:
    """What the reader records of content."""
    recorder = Recorder()
    OTLP.read(Source("telemetry", content), recorder)
    return recorder.trace()


def read_spans(*spans: Record, scope: str = "hand", **resource: Scalar) -> RawTrace:
    """What the reader records of a document of one scope."""
    return read(lines(document(*spans, scope=scope, **resource)))


def rows(trace: RawTrace) -> dict[str, Record]:
    """The span rows by the number (or key) of the span, without what is null."""
    found = {}
    for row in trace.spans.to_pylist():
        trace_id, _, span_id = row["span_key"].partition("/")
        name = str(int(span_id, 16)) if trace_id == TRACE and len(span_id) == 16 else row["span_key"]
        found[name] = {column: value for column, value in row.items() if value is not None}
    return found


def facts(trace: RawTrace, number: int, *names: str) -> dict[str, Scalar]:
    """Some columns of one span; None where it is null."""
    row = rows(trace)[str(number)]
    return {name: row.get(name) for name in names}


def findings(trace: RawTrace) -> dict[str, int]:
    """Codes and counts."""
    return {row["code"]: row["count"] for row in trace.findings.to_pylist()}


def table(trace: RawTrace, name: str) -> list[Record]:
    """The rows of a raw table, without what is null, in an order that depends on them only."""
    found = getattr(trace, name).to_pylist()
    return sorted(
        ({column: value for column, value in row.items() if value is not None} for row in found), key=repr
    )
