"""One run, exported by a platform and as OTLP: one session, and every request once."""

import json
from typing import Any

import pytest

from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.raw import RawTrace
from unit.ingest.otlp.telemetry import TRACE, document, ident, span
from unit.ingest.reading_raw import Record, read_json

CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 9}
TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "find"}
BOUNDS = {1: (0, 5000), 2: (10, 2000), 3: (2010, 3000), 4: (3010, 4990)}
ATTRIBUTES: dict[int, Record] = {1: {"gen_ai.operation.name": "invoke_agent"}, 2: CHAT, 3: TOOL, 4: CHAT}


def _at(ms: float) -> str:
    return f"2026-01-01T00:00:{ms / 1000:06.3f}Z"


def _otlp() -> RawTrace:
    spans = [
        span(number, BOUNDS[number], ATTRIBUTES[number], parent=None if number == 1 else 1)
        for number in BOUNDS
    ]
    return read_json(document(*spans, service_name="desk"), "otlp")


def _langfuse() -> RawTrace:
    types = {1: "AGENT", 2: "GENERATION", 3: "TOOL", 4: "GENERATION"}
    observations = [
        {
            "id": ident(number),
            "traceId": TRACE,
            "parentObservationId": None if number == 1 else ident(1),
            "type": types[number],
            "name": f"span {number}",
            "startTime": _at(start),
            "endTime": _at(end),
            "metadata": {"attributes": ATTRIBUTES[number]},
        }
        for number, (start, end) in BOUNDS.items()
    ]
    return read_json({"data": observations, "meta": {}}, "langfuse")


def _phoenix() -> RawTrace:
    kinds = {1: "AGENT", 2: "LLM", 3: "TOOL", 4: "LLM"}
    spans = [
        {
            "name": f"span {number}",
            "context": {"trace_id": TRACE, "span_id": ident(number)},
            "parent_id": None if number == 1 else ident(1),
            "span_kind": kinds[number],
            "start_time": _at(start),
            "end_time": _at(end),
            "attributes": ATTRIBUTES[number],
        }
        for number, (start, end) in BOUNDS.items()
    ]
    return read_json(spans, "phoenix")


def _logfire() -> RawTrace:
    rows = [
        {
            "trace_id": TRACE,
            "span_id": ident(number),
            "parent_span_id": None if number == 1 else ident(1),
            "span_name": f"span {number}",
            "kind": "span",
            "start_timestamp": _at(start),
            "end_timestamp": _at(end),
            "attributes": json.dumps(ATTRIBUTES[number]),
        }
        for number, (start, end) in BOUNDS.items()
    ]
    return read_json(rows, "logfire")


@pytest.mark.parametrize("view", [_langfuse, _phoenix, _logfire])
def test_a_run_seen_twice_counts_once(view: Any) -> None:
    built = assemble([ReadSource("otlp", "otlp", 1, _otlp()), ReadSource("view", "view", 1, view())])

    kinds = [row["kind"] for row in built.spans.to_pylist()]
    assert len(built.sessions) == 1
    assert (kinds.count("request"), kinds.count("tool"), kinds.count("agent")) == (2, 1, 1)
    assert "id_collision" not in built.findings["code"].to_pylist()
