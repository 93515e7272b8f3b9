"""L9: every record of a source is counted, and becomes a span, a link, an attribute or a finding."""

import csv
import io
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from contract.trace_cases import every_dynamo_trace, every_trace, raw_trace, trace
from contract.trace_files import TraceFile, content, documents, lines_of, objects_of


@every_trace
def test_every_record_is_counted(file: TraceFile) -> None:
    assert raw_trace(file).records == RECORDS[file.format](content(file.path))


@every_trace
def test_its_source_says_how_much_was_read(file: TraceFile) -> None:
    (source,) = trace(file).sources.to_pylist()

    assert source["records"] == raw_trace(file).records
    assert source["bytes"] == file.path.stat().st_size
    assert source["format"] == file.format


@every_dynamo_trace
def test_every_row_of_a_request_trace_is_a_span_or_a_finding(file: TraceFile) -> None:
    events = [_event(line) for line in lines_of(content(file.path))]
    written = Counter(event.get("event_type") for event in events)
    tools = {_tool(event) for event in events if str(event.get("event_type")).startswith("tool_")}

    found = Counter(raw_trace(file).spans["kind"].to_pylist())
    findings = {row["code"]: row["count"] for row in raw_trace(file).findings.to_pylist()}

    assert found["request"] + findings.get("record_unusable", 0) == written["request_end"]
    assert found["tool"] == len(tools)
    assert findings.get("payload_not_read", 0) == written["request_payload"]


def _event(line: bytes) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(line)
    event = record.get("event")
    return event if isinstance(event, dict) else record


def _tool(event: dict[str, Any]) -> tuple[Any, ...]:
    owner = event.get("agent_context") or event
    names = ("workflow_id", "program_id", "session_id", "trajectory_id")
    return *map(owner.get, names), event["tool"]["tool_call_id"]


def _lines(data: bytes) -> int:
    return sum(1 for _ in lines_of(data))


def _objects(data: bytes) -> int:
    return sum(1 for _ in objects_of(data))


def _items(data: bytes) -> int:
    """Spans and log records."""
    if data.lstrip()[:1] == b"{":
        return sum(_items_of(document) for document in documents(data))
    return _spans(data) or sum(
        len(scope.log_records)
        for part in LogsData.FromString(data).resource_logs
        for scope in part.scope_logs
    )


def _spans(data: bytes) -> int:
    """How many spans; none where it is log records, which mostly do not even parse as spans."""
    try:
        parts = TracesData.FromString(data).resource_spans
    except DecodeError:
        return 0
    spans = [span for part in parts for scope in part.scope_spans for span in scope.spans]
    return len(spans) if all(len(span.span_id) == 8 for span in spans) else 0


def _items_of(document: dict[str, Any]) -> int:
    scopes = [scope for part in document.get("resourceSpans", []) for scope in part.get("scopeSpans", [])]
    logs = [scope for part in document.get("resourceLogs", []) for scope in part.get("scopeLogs", [])]
    return sum(len(s.get("spans", [])) for s in scopes) + sum(len(s.get("logRecords", [])) for s in logs)


def _gemini(data: bytes) -> int:
    """The messages of a chat, its lines, or the records of an outfile."""
    found = list(_follow(data))
    return len(found[0]["messages"]) if len(found) == 1 else len(found)


def _follow(data: bytes) -> Iterator[Any]:
    """JSON values one after the other, however they are spread over lines."""
    decoder, text, at = json.JSONDecoder(), data.decode().strip(), 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        yield value
        at += len(text[at:]) - len(text[at:].lstrip())


def _listed(data: bytes) -> int:
    """The items of lists, or the lines."""
    return sum(len(value) if isinstance(value, list) else 1 for value in _follow(data))


def _steps(data: bytes) -> int:
    """The steps of a trajectory; a demonstration without any is one record."""
    return max(len(json.loads(data).get("trajectory", [])), 1)


def _messages(data: bytes) -> int:
    """The messages of a trajectory, which may be nothing but a list of them."""
    document = json.loads(data)
    return len(document if isinstance(document, list) else document["messages"])


def _opencode(data: bytes) -> int:
    """Messages and their parts; of a database all rows."""
    if data.startswith(b"SQLite"):
        with closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(data)
            kept = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
            counts = (database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in kept)  # noqa: S608
            return sum(counts)
    return sum(1 + len(message.get("parts", [])) for message in json.loads(data)["messages"])


def _cline(data: bytes) -> int:
    """What a task showed; of a session its messages, and what describes one is one record."""
    document = json.loads(data)
    return len(document if isinstance(document, list) else document.get("messages", [None]))


def _json_lines(data: bytes) -> int:
    """The lines that are JSON."""
    return sum(1 for line in lines_of(data) if line.lstrip().startswith(b"{"))


def _nat_steps(data: bytes) -> int:
    """Intermediate steps, of all requests."""
    return sum(len(request["intermediate_steps"]) for request in json.loads(data))


def _steps_said(data: bytes) -> int:
    """Steps of a trajectory, of those embedded in it, and of those that a document holds side by side."""

    def count(value: Any) -> int:
        if "steps" not in value:
            return sum(count(one) for one in value.values())
        return len(value["steps"]) + sum(map(count, value.get("subagent_trajectories", [])))

    return count(json.loads(data))


def _observations(data: bytes) -> int:
    """Traces, observations and events of Langfuse."""
    if data[:1] == b'"':
        return _csv_rows(data)
    values: list[Any] = documents(data)
    pages = [value.get("data") or value.get("batch") or [value] for value in values]
    return sum(_in_trace(record) for page in pages for record in page)


def _csv_rows(data: bytes) -> int:
    return len(list(csv.DictReader(io.StringIO(data.decode()))))


def _in_trace(record: dict[str, Any]) -> int:
    return 1 + len(record.get("observations", []))


def _pages(data: bytes) -> int:
    """The records of lines, or of one page."""
    return sum(len(value.get("data", [value])) for value in documents(data))


def _runs(data: bytes) -> int:
    """Runs, those inside other runs too, and what completes one."""
    values: list[Any] = documents(data)
    pages = [value.get("post", [value]) + value.get("patch", []) for value in values]
    return sum(_run(value) for page in pages for value in page)


def _run(value: dict[str, Any]) -> int:
    return 1 + sum(map(_run, value.get("child_runs", [])))


def _rows(data: bytes) -> int:
    """Rows of a result by row or by column, or of the messages of a stream."""
    if data[:1] != b"{":
        return _csv_rows(data)
    return sum(_rows_in(value) for value in documents(data))


def _rows_in(value: dict[str, Any]) -> int:
    if "columns" in value and "rows" not in value:
        return len(value["columns"][0]["values"])
    return len(value.get("data", value.get("rows", [])))


def _phoenix(data: bytes) -> int:
    """Spans, however they are wrapped."""
    if data.startswith(b"PAR1"):
        return pq.ParquetFile(pa.BufferReader(data)).metadata.num_rows
    if data[:1] == b",":
        return _csv_rows(data)
    values: list[Any] = documents(data)
    flat = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return sum(len(_spans_in(value)) for value in flat)


def _spans_in(value: dict[str, Any]) -> list[Any]:
    if isinstance(value.get("name"), dict):
        return list(value["name"])
    if "name" in value:
        return [value]
    return [span for each in value.values() if isinstance(each, list) for span in each]


def _printed(data: bytes) -> int:
    """What was printed: objects, over many lines or on one, and lines of other things."""
    inside, count = False, 0
    for line in data.split(b"\n"):
        count += bool(line) and not inside
        inside = line != b"}" and (inside or line == b"{")
    return count


def _jaeger_spans(data: bytes) -> int:
    document = json.loads(data)
    if "result" in document:
        return _items_of(document["result"])
    held = document.get("data", document)
    return sum(len(trace["spans"]) for trace in (held if isinstance(held, list) else [held]))


def _zipkin_spans(data: bytes) -> int:
    return sum(len(each) if isinstance(each, list) else 1 for each in json.loads(data))


def _tempo_spans(data: bytes) -> int:
    document = json.loads(data)
    return _items_of({"resourceSpans": document.get("batches") or document["trace"]["resourceSpans"]})


def _documents(data: bytes) -> int:
    return len(documents(data))


RECORDS: dict[str, Callable[[bytes], int]] = {
    "dynamo": _lines,
    "claude-code": _objects,
    "codex": _objects,
    "codex-otel": _objects,
    "otlp": _items,
    "otel-console": _printed,
    "gemini-cli": _gemini,
    "opencode": _opencode,
    "cline": _cline,
    "pi": _json_lines,
    "gptme": _lines,
    "openhands": _listed,
    "swe-agent": _steps,
    "mini-swe-agent": _messages,
    "aiperf": _objects,
    "atof": _objects,
    "nat": _nat_steps,
    "atif": _steps_said,
    "langfuse": _observations,
    "phoenix": _phoenix,
    "openai-agents": _pages,
    "langsmith": _runs,
    "logfire": _rows,
    "jaeger": _jaeger_spans,
    "zipkin": _zipkin_spans,
    "tempo": _tempo_spans,
    "spans-jsonl": _lines,
    "mooncake": _lines,
    "agentic-mooncake": _lines,
    "applied-compute": _lines,
    "weka": _documents,
}
