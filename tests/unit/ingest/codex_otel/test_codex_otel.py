"""Events of Codex that stand by themselves, in the shapes that collectors and loggers give them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agenttrace.ingest.formats.codex_otel import CODEX_OTEL
from agenttrace.ingest.head import Head
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source

T0 = 1_767_225_600 * 10**9
MS = 10**6
Record = dict[str, Any]

EVENTS: list[tuple[int, Record]] = [
    (0, {"event.name": "codex.user_prompt"}),
    (100, {"event.name": "codex.websocket_request", "duration_ms": "0", "success": "true"}),
    (
        900,
        {
            "event.name": "codex.sse_event",
            "event.kind": "response.completed",
            "input_token_count": "100",
            "cached_token_count": 60,
            "output_token_count": "7",
            "ttft_ms": "300",
            "model": "m",
        },
    ),
    (1000, {"event.name": "codex.tool_result", "call_id": "x", "tool_name": "exec", "duration_ms": "90"}),
]


def _flat(at: int, attributes: Record) -> Record:
    return {**attributes, "event.timestamp": f"2026-01-01T00:00:{at / 1000:06.3f}Z"}


def _log_record(at: int, attributes: Record) -> Record:
    pairs = [{"key": key, "value": {"stringValue": str(value)}} for key, value in attributes.items()]
    return {"timeUnixNano": "0", "observedTimeUnixNano": str(T0 + at * MS), "attributes": pairs}


def _row(at: int, attributes: Record) -> Record:
    return {"Timestamp": f"2026-01-01T00:00:{at / 1000:06.3f}Z", "LogAttributes": attributes}


def _logged(at: int, attributes: Record) -> Record:
    stamp = f"2026-01-01T00:00:{at / 1000:06.3f}Z"
    return {"timestamp": stamp, "level": "INFO", "target": "codex_otel.log_only", "fields": attributes}


SHAPES = [_flat, _log_record, _row, _logged]


def _records(shape: Any) -> list[Record]:
    return [shape(at, {**attributes, "conversation.id": "c"}) for at, attributes in EVENTS]


def _lines(records: list[Record]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def _read(content: bytes) -> RawTrace:
    recorder = Recorder()
    CODEX_OTEL.read(Source("events", content), recorder)
    return recorder.trace()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("pack", [_lines, lambda records: json.dumps(records, indent=1).encode()])
def test_every_shape_says_the_same(shape: Any, pack: Any) -> None:
    content = pack(_records(shape))
    trace = _read(content)
    found = {row["kind"]: row for row in trace.spans.to_pylist()}

    assert recognise(Source("unknown", content)) is CODEX_OTEL
    assert (trace.records, trace.dialects) == (4, ("codex",))
    request, tool = found["request"], found["tool"]
    assert (request["start_ns"] - T0, request["end_ns"] - T0) == (100 * MS, 900 * MS)
    assert (request["first_token_ns"] - T0, request["cache_read_tokens"]) == (400 * MS, 60)
    assert (tool["start_ns"] - T0, tool["name"]) == (910 * MS, "exec")
    assert {row["session_key"] for row in trace.spans.to_pylist()} == {"session:codex:c"}


def test_what_a_logger_writes_a_second_time_counts_once() -> None:
    records = _records(_logged)
    copies = [{**record, "target": "codex_otel.trace_safe"} for record in records]
    trace = _read(_lines([one for pair in zip(records, copies, strict=True) for one in pair]))

    assert len(trace.spans.to_pylist()) == 3
    assert {row["code"]: row["count"] for row in trace.findings.to_pylist()} == {"duplicate_record": 4}


def test_other_records_among_them_are_told() -> None:
    other = {
        "timestamp": "2026-01-01T00:00:00Z",
        "level": "WARN",
        "target": "hyper",
        "fields": {"message": "x"},
    }
    trace = _read(_lines([*_records(_logged), other]) + b"[]\n17\n")

    assert {row["code"]: row["count"] for row in trace.findings.to_pylist()} == {"record_unusable": 2}


@pytest.mark.parametrize(
    "content",
    [
        b'{"event.name":"claude_code.api_request"}\n',
        b'{"event.name":17}\n',
        b'{"attributes":"codex.x"}\n',
        b'{"attributes":[{"key":[],"value":{}}]}\n',
        b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[]}]}]}\n',
    ],
)
def test_what_is_no_event_of_codex_is_not_claimed(content: bytes) -> None:
    assert not CODEX_OTEL.sniff(Head(content))


def test_an_attempt_beyond_all_counting_is_the_last_that_can_be_told() -> None:
    sent = {"event.name": "codex.api_request", "attempt": 2**31 - 1, "http.response.status_code": 500}
    found = _read(_lines([_row(1, {**sent, "error.message": "no", "conversation.id": "c"})]))

    assert found.spans["attempt"].to_pylist() == [2**31 - 1]
