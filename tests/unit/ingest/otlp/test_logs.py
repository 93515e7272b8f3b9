"""Log records of agent programs, where there are no spans that say it better."""

import json
from typing import Any

from agenttrace.ingest.formats.dynamo import DYNAMO
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from unit.ingest.otlp.telemetry import (
    MS,
    T0,
    Record,
    document,
    findings,
    lines,
    log,
    logs,
    read,
    rows,
    span,
    table,
)

SESSION = {"session.id": "s"}
REQUEST = {
    **SESSION,
    "duration_ms": "300",
    "input_tokens": "10",
    "cache_read_tokens": "70",
    "cache_creation_tokens": "20",
    "output_tokens": "5",
    "request_id": "req",
    "model": "m",
    "query_source": "repl_main_thread",
}
TOOL = {**SESSION, "tool_use_id": "t", "tool_name": "Bash", "duration_ms": "80"}
CLAUDE = "com.anthropic.claude_code.events"


def _claude(*records: tuple[float, str, Record]) -> bytes:
    told = [log(at, name, values, body=f"claude_code.{name}") for at, name, values in records]
    return lines(logs(*told, scope=CLAUDE))


def test_a_request_of_claude_code_began_its_duration_before_it_was_written() -> None:
    trace = read(_claude((1000, "api_request", REQUEST)))

    row = rows(trace)["request:req"]
    assert (row["start_ns"], row["start_evidence"]) == (T0 + 700 * MS, "derived")
    assert (row["end_ns"], row["end_evidence"]) == (T0 + 1000 * MS, "measured")
    assert (row["input_tokens"], row["output_tokens"]) == (100, 5)
    assert row["session_key"] == "session:claude-code:s"
    assert trace.dialects == ("claude-code",)
    assert table(trace, "sessions") == [{"session_key": "session:claude-code:s", "source_id": "s"}]


def test_tools_compactions_and_prompts_of_claude_code() -> None:
    compaction = {
        **SESSION,
        "duration_ms": "900",
        "pre_tokens": "156000",
        "post_tokens": "20000",
        "trigger": "auto",
    }
    trace = read(
        _claude(
            (0, "user_prompt", {**SESSION, "prompt.id": "p"}),
            (500, "tool_result", {**TOOL, "prompt.id": "p"}),
            (2000, "compaction", compaction),
        )
    )

    found = rows(trace)
    assert found["tool:t"]["name"] == "Bash"
    assert found["tool:t"]["start_ns"] == T0 + 420 * MS
    assert found["tool:t"]["parent_key"] == "prompt:p"
    assert found["prompt:p"]["start_ns"] == T0
    assert "end_ns" not in found["prompt:p"]
    (row,) = (row for row in found.values() if row["kind"] == "compaction")
    assert (row["tokens_before"], row["tokens_after"], row["compaction_trigger"]) == (156000, 20000, "auto")


def test_a_failed_request_is_a_failed_attempt() -> None:
    error = {**SESSION, "duration_ms": "50", "status_code": "529", "attempt": "11"}
    (row,) = rows(read(_claude((100, "api_error", error)))).values()

    assert (row["purpose"], row["status"], row["error"], row["attempt"]) == (
        "failed_attempt",
        "error",
        "529",
        11,
    )


def test_the_compaction_request_has_its_purpose() -> None:
    (row,) = rows(read(_claude((1000, "api_request", {**REQUEST, "query_source": "compact"})))).values()

    assert row["purpose"] == "compaction"


def test_subagents_that_only_name_their_type_share_a_lane_with_a_finding() -> None:
    trace = read(_claude((1000, "api_request", {**REQUEST, "query_source": "agent:builtin:Explore"})))

    assert rows(trace)["request:req"]["agent_key"] == "s:agent:builtin:Explore"
    assert table(trace, "agents")[0]["type"] == "Explore"
    assert findings(trace) == {"lane_by_type": 1}


def test_log_records_of_a_session_with_spans_are_left_out_but_for_compactions() -> None:
    spans = document(span(1, (0, 9), SESSION, name="claude_code.interaction"))
    compaction = (2000, "compaction", {**SESSION, "duration_ms": "900"})
    records = _claude((1000, "api_request", REQUEST), compaction)

    for content in (lines(spans) + records, records + lines(spans)):
        trace = read(content)
        assert sorted(row["kind"] for row in rows(trace).values()) == ["compaction", "interaction"]
        assert findings(trace) == {"log_records_beside_spans": 1}


def test_the_time_that_the_program_states_counts_before_that_of_the_exporter() -> None:
    stated = {**REQUEST, "event.timestamp": "2026-01-01T00:00:00.900Z"}

    assert rows(read(_claude((5000, "api_request", stated))))["request:req"]["end_ns"] == T0 + 900 * MS


def _codex(*records: tuple[float, str, Record]) -> bytes:
    told = [
        log(at, f"codex.{name}", {"conversation.id": "c", "event.timestamp": _iso(at), **values})
        | {"timeUnixNano": "0", "observedTimeUnixNano": "5", "eventName": "event core/src/x.rs:1"}
        for at, name, values in records
    ]
    return lines(logs(*told, scope="codex_otel.log_only"))


def _iso(at: float) -> str:
    return f"2026-01-01T00:00:{at / 1000:06.3f}Z"


def test_a_request_of_codex_began_when_it_was_sent() -> None:
    usage = {
        "event.kind": "response.completed",
        "input_token_count": "14854",
        "cached_token_count": 12288,
        "output_token_count": "38",
        "reasoning_token_count": 0,
        "ttft_ms": "2144",
    }
    trace = read(
        _codex(
            (0, "user_prompt", {}),
            (1000, "websocket_request", {"duration_ms": "0", "success": "true"}),
            (1500, "sse_event", {**usage, "output_token_count": "0"}),
            (1978, "websocket_request", {"duration_ms": "0", "success": "true"}),
            (5222, "sse_event", usage),
            (
                5649,
                "tool_result",
                {"call_id": "x", "tool_name": "exec", "duration_ms": "194", "success": "true"},
            ),
            (5700, "turn_cost", {}),
        )
    )

    found: dict[str, Any] = {row["kind"]: row for row in rows(trace).values()}
    assert (found["request"]["start_ns"], found["request"]["end_ns"]) == (T0 + 1978 * MS, T0 + 5222 * MS)
    assert found["request"]["first_token_ns"] == T0 + 4122 * MS
    assert (found["request"]["input_tokens"], found["request"]["cache_read_tokens"]) == (14854, 12288)
    assert found["tool"]["name"] == "exec"
    assert found["interaction"]["start_ns"] == T0
    assert findings(trace) == {"prewarm_request": 1, "log_record_unused": 2}


def test_a_request_of_gemini_cli() -> None:
    values = {
        **SESSION,
        "duration_ms": 400,
        "input_token_count": 100,
        "cached_content_token_count": 60,
        "output_token_count": 7,
        "thoughts_token_count": 3,
        "model": "g",
    }
    (row,) = rows(read(lines(logs(log(1000, "gemini_cli.api_response", values))))).values()

    assert (row["input_tokens"], row["cache_read_tokens"]) == (100, 60)
    assert (row["output_tokens"], row["reasoning_tokens"]) == (10, 3)
    assert row["session_key"] == "session:gemini-cli:s"


DYNAMO_RECORD = {
    "schema": "dynamo.request.trace.v1",
    "event_type": "request_end",
    "event_time_unix_ms": 1_700_000_000_900,
    "agent_context": {"session_id": "main"},
    "request": {
        "request_id": "r1",
        "request_received_ms": 1_700_000_000_000,
        "total_time_ms": 900.0,
        "replay": {"trace_block_size": 16, "input_length": 16, "input_sequence_hashes": [2**64 - 1]},
    },
}


def test_a_record_of_dynamos_request_trace_is_the_row_that_its_file_gives() -> None:
    text = json.dumps(DYNAMO_RECORD)
    record = log(0, "x", {"payload": text, "rid": "r1"}, body="request_end")

    trace = read(lines(logs(record, scope="dynamo.request_trace")))
    recorder = Recorder()
    DYNAMO.read(Source("file", text.encode()), recorder)
    file = recorder.trace()

    assert trace.spans.num_rows == 1
    for name in ("spans", "agents", "sessions", "prefixes", "key_edges"):
        assert getattr(trace, name).equals(getattr(file, name)), name
    assert trace.records == file.records == 1
    assert trace.dialects == file.dialects == ("dynamo.request.trace.v1",)


def test_records_of_dynamos_request_trace_that_are_broken_are_told() -> None:
    texts: list[dict[str, Any]] = [{"payload": "{"}, {"payload": "[]"}, {}, {"payload": 1}]
    records = [log(0, "x", values, body="request_end") for values in texts]

    trace = read(lines(logs(*records, scope="dynamo.request_trace")))

    assert findings(trace) == {"broken_line": 1, "not_an_object": 1, "record_unusable": 2}


def test_other_log_records_are_counted() -> None:
    trace = read(lines(logs(log(0, "app.started", {}), log(0, "codex.sse_event", {}))))

    assert trace.spans.num_rows == 0
    assert findings(trace) == {"log_record_unused": 2}
    assert trace.records == 2
