"""Log records of Codex: what its requests waited for, alone and beside the spans of its turns."""

from __future__ import annotations

from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.raw import RawTrace
from unit.ingest.otlp.telemetry import (
    MS,
    T0,
    Record,
    document,
    findings,
    key,
    lines,
    log,
    logs,
    read,
    span,
    table,
)

THREAD = "019e9bfe-7749-7440-8506-39152afbc9ff"
SCOPE = "codex_otel.log_only"
COMPLETED = {
    "event.kind": "response.completed",
    "input_token_count": "100",
    "cached_token_count": 60,
    "output_token_count": "7",
}


def _logs(*records: tuple[float, str, Record], session: str = THREAD) -> bytes:
    told = [log(at, f"codex.{name}", {"conversation.id": session, **values}) for at, name, values in records]
    return lines(logs(*told, scope=SCOPE))


def _of(trace: RawTrace, kind: str) -> list[dict[str, Any]]:
    found = [row for row in trace.spans.to_pylist() if row["kind"] == kind]
    return sorted(found, key=lambda row: (row["end_ns"] or 0, row["start_ns"] or 0))


def _bounds(row: dict[str, Any]) -> tuple[float | None, float]:
    start = None if row["start_ns"] is None else (row["start_ns"] - T0) / MS
    return start, (row["end_ns"] - T0) / MS


def test_the_pieces_of_a_stream_are_no_answers_but_the_first_is_the_first_token() -> None:
    """Their durations are the waits for each of them."""
    trace = read(
        _logs(
            (1000, "api_request", {"duration_ms": "400", "http.response.status_code": 200, "attempt": 0}),
            (1100, "sse_event", {"event.kind": "response.created", "duration_ms": "90"}),
            (1500, "sse_event", {"event.kind": "response.output_item.added", "duration_ms": "400"}),
            (1600, "sse_event", {"event.kind": "response.output_text.delta", "duration_ms": "100"}),
            (2000, "sse_event", {"event.kind": "response.completed", "duration_ms": "400"}),
            (2001, "sse_event", COMPLETED),
        )
    )
    (request,) = _of(trace, "request")

    assert _bounds(request) == (600, 2001)
    assert (request["first_token_ns"] - T0, request["first_token_evidence"]) == (1500 * MS, "bounded")
    assert (request["attempt"], request["input_tokens"], request["cache_read_tokens"]) == (1, 100, 60)


def test_the_first_token_of_a_turn_is_that_of_the_request_that_runs() -> None:
    trace = read(
        _logs(
            (100, "websocket_request", {}),
            (700, "turn_ttft", {"duration_ms": "650"}),
            (900, "sse_event", COMPLETED),
        )
    )

    assert _of(trace, "request")[0]["first_token_ns"] == T0 + 700 * MS


@pytest.mark.parametrize(
    "failure",
    [
        {"http.response.status_code": 503},
        {"error.message": "timeout"},
        {"success": "false"},
    ],
)
def test_an_attempt_that_failed_is_tried_again(failure: Record) -> None:
    trace = read(
        _logs(
            (1000, "api_request", {"duration_ms": "400", "attempt": 0, "endpoint": "/responses", **failure}),
            (2000, "api_request", {"duration_ms": "300", "attempt": 1, "success": True}),
            (3000, "sse_event", COMPLETED),
        )
    )
    failed, answered = _of(trace, "request")

    assert (_bounds(failed), _bounds(answered)) == ((600, 1000), (1700, 3000))
    assert (failed["purpose"], failed["status"], failed["attempt"]) == ("failed_attempt", "error", 1)
    assert (answered["purpose"], answered["status"], answered["attempt"]) == ("turn", "ok", 2)
    (link,) = table(trace, "links")
    assert (link["kind"], link["from_key"], link["to_key"]) == (
        "retries",
        failed["span_key"],
        answered["span_key"],
    )


def test_a_stream_that_fails_is_an_attempt() -> None:
    failure = {"event.kind": "response.failed", "error.message": "overloaded"}
    trace = read(_logs((100, "websocket_request", {}), (400, "sse_event", failure)))
    (failed,) = _of(trace, "request")

    assert (_bounds(failed), failed["purpose"]) == ((100, 400), "failed_attempt")


def test_an_answer_whose_sending_is_not_told_has_no_start() -> None:
    (request,) = _of(read(_logs((900, "sse_event", COMPLETED))), "request")

    assert (_bounds(request), request["start_evidence"]) == ((None, 900), "unknown")


def test_a_persons_decision_ends_a_wait_in_the_call() -> None:
    decided = {"call_id": "x", "tool_name": "exec", "decision": "approved"}
    result = {"call_id": "x", "tool_name": "exec", "duration_ms": "900"}
    waited = read(_logs((800, "tool_decision", {**decided, "source": "User"}), (1000, "tool_result", result)))
    settled = read(
        _logs((800, "tool_decision", {**decided, "source": "Config"}), (1000, "tool_result", result))
    )

    (wait,) = _of(waited, "user_wait")
    assert (_bounds(wait), wait["parent_key"]) == ((100, 800), _of(waited, "tool")[0]["span_key"])
    assert _of(settled, "user_wait") == []
    assert findings(settled) == {"log_record_unused": 1}


def test_a_conversation_that_another_one_spawned_is_its_subagent() -> None:
    spawn = {"kind": "spawn", "state": "send", "sender_thread_id": THREAD, "receiver_thread_id": "child"}
    told = lines(logs(log(150, "codex.agent_communication", spawn), scope=SCOPE))
    main = _logs((0, "user_prompt", {}), (100, "websocket_request", {}), (900, "sse_event", COMPLETED))
    inner = _logs((200, "websocket_request", {}), (700, "sse_event", COMPLETED), session="child")
    trace = read(main + told + inner)
    (session,) = analyze(assemble([ReadSource("x", "otlp", 0, trace)])).sessions.to_dicts()

    assert (session["requests"], session["main_requests"], session["subagents"]) == (2, 1, 1)
    assert session["session"] == THREAD


def _apart(end: float = 1000) -> tuple[bytes, bytes]:
    """A turn as a span, with the program's own workings below it; what it did, as log records."""
    turn = span(1, (0, end), {"thread.id": THREAD, "turn.id": "t"}, name="session_task.turn")
    inner = span(2, (1, 990), {"thread.id": "17"}, name="run_turn", parent=1)
    spans = document(turn, inner, scope="codex_cli_rs", service_name="codex_cli_rs")
    return lines(spans), _logs(
        (0, "user_prompt", {}),
        (10, "websocket_request", {}),
        (400, "sse_event", COMPLETED),
        (600, "tool_result", {"call_id": "x", "tool_name": "exec", "duration_ms": "190"}),
        (610, "websocket_request", {}),
        (1000, "sse_event", COMPLETED),
    )


def _mixed() -> bytes:
    return b"".join(_apart())


def test_requests_and_tools_lie_in_the_turn_that_ran() -> None:
    trace = read(_mixed())

    assert {row["parent_key"] for kind in ("request", "tool") for row in _of(trace, kind)} == {key(1)}
    assert len(_of(trace, "interaction")) == 1
    assert _of(trace, "other") == []
    assert findings(trace) == {"program_workings": 1}


def test_the_turn_may_stand_in_another_file_than_what_it_did() -> None:
    """Exporters write spans and log records apart."""
    sources = [ReadSource(str(place), "otlp", 0, read(part)) for place, part in enumerate(_apart(1020))]
    (session,) = analyze(assemble(sources)).sessions.to_dicts()

    assert (session["path_model_ns"], session["path_tool_ns"]) == (780 * MS, 190 * MS)
    assert (session["path_harness_ns"], session["wall_ns"]) == (50 * MS, 1020 * MS)


def test_workings_that_name_no_session_make_none() -> None:
    """Most of them stand in traces of their own; those above a turn are no parents that are missing."""
    alone = span(9, (0, 5), {"thread.id": "3"}, name="refresh_cache", trace="b" * 32)
    above = span(3, (0, 1000), {}, name="turn/start")
    turn = span(1, (0, 1000), {"thread.id": THREAD, "turn.id": "t"}, name="session_task.turn", parent=3)
    spans = lines(document(alone, above, turn, scope="codex_cli_rs", service_name="codex_cli_rs"))
    assembled = assemble([ReadSource("x", "otlp", 0, read(spans))])

    assert assembled.sessions["session"].to_pylist() == [THREAD]
    assert {row["code"] for row in assembled.findings.to_pylist()} == {
        "program_workings",
        "no_model_requests",
    }


def test_the_time_of_a_turn_is_what_its_records_say() -> None:
    (session,) = analyze(assemble([ReadSource("x", "otlp", 0, read(_mixed()))])).sessions.to_dicts()

    assert session["requests"] == 2
    assert session["path_model_ns"] == 780 * MS
    assert session["path_tool_ns"] == 190 * MS
    assert session["wall_ns"] == 1000 * MS
