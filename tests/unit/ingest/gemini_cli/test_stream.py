"""Events of `--output-format stream-json`: an answer lies between what it answers and what comes of it."""

from __future__ import annotations

from typing import Any

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from unit.ingest.raw_reading import SAMPLES, RawReading, Row, iso, lines, read_raw

SECOND = 10**9


def event(kind: str, at: float, **more: Any) -> Row:
    return {"type": kind, "timestamp": iso(at), **more}


def init(at: float = 0, session_id: str = "s-1") -> Row:
    return event("init", at, session_id=session_id, model="made-up")


def prompt(at: float) -> Row:
    return event("message", at, role="user", content="SECRET")


def piece(at: float) -> Row:
    return event("message", at, role="assistant", content="SECRET", delta=True)


def call(at: float, call_id: str) -> Row:
    return event("tool_use", at, tool_name="read_file", tool_id=call_id, parameters={"path": "SECRET"})


def result(at: float, call_id: str, status: str = "success") -> Row:
    return event("tool_result", at, tool_id=call_id, status=status, output="SECRET")


def end(at: float, status: str = "success") -> Row:
    return event("result", at, status=status, stats={"total_tokens": 9})


def stream(*events: Row) -> RawReading:
    return read_raw("gemini-cli", lines([init(), *events]))


def test_it_is_recognised_even_where_a_line_stands_before_its_first_event() -> None:
    content = lines([{"type": "message", "role": "user"}, init(), prompt(1)])

    assert recognise(Source("x", content)).id == "gemini-cli"


def test_answers_and_tools_follow_each_other() -> None:
    reading = stream(prompt(1), piece(3), call(4, "c"), result(6, "c"), piece(8), piece(9), end(9.5))

    assert [reading.seconds(span["span_key"]) for span in reading.of("request")] == [(1, 4), (6, 9)]
    assert reading.seconds("tool:c") == (4, 6)
    assert [span["trigger"] for span in reading.of("request")] == ["user_message", "tool_result"]
    assert len(reading.linked("tool_use")) == len(reading.linked("tool_result")) == 1
    assert list(reading.findings) == ["no_token_counts"]


def test_tools_of_one_answer_return_together() -> None:
    reading = stream(
        prompt(1), call(3, "c"), call(4, "d"), result(9, "c"), result(9, "d", "error"), piece(11)
    )

    assert (reading.seconds("tool:c"), reading.seconds("tool:d")) == ((3, 9), (4, 9))
    assert reading.spans["tool:d"]["status"] == "error"
    assert [reading.seconds(span["span_key"]) for span in reading.of("request")] == [(1, 4), (9, 11)]


def test_a_tool_that_returned_before_its_call_is_of_no_length_and_a_finding() -> None:
    reading = stream(prompt(1), call(4, "c"), result(3, "c"), piece(8))

    assert reading.seconds("tool:c") == (3, 3)
    assert reading.findings["negative_duration"]["line"] == 3


def test_an_error_that_ends_a_run_was_an_attempt() -> None:
    reading = stream(prompt(1), call(3, "c"), result(5, "c"), end(8, "error"))
    failed = reading.of("request")[-1]

    assert (failed["purpose"], failed["status"]) == ("failed_attempt", "error")
    assert reading.seconds(failed["span_key"]) == (5, 8)


def test_a_run_that_goes_on_with_a_session_is_part_of_it() -> None:
    reading = stream(prompt(1), piece(3), end(4), init(60), prompt(61), piece(65), end(66))

    assert len(reading.sessions) == 1
    assert [reading.seconds(span["span_key"]) for span in reading.of("request")] == [(1, 3), (61, 65)]


def test_what_is_open_at_the_end_is_unfinished() -> None:
    reading = stream(prompt(1), call(3, "c"))

    assert reading.spans["tool:c"]["status"] == "unfinished"


def test_the_sample_is_divided_as_it_was_written() -> None:
    (found,) = analyze(read(SAMPLES / "gemini-cli" / "stream.jsonl")).sessions.to_dicts()

    assert (found["requests"], found["tool_calls"]) == (3, 3)
    assert (found["path_model_ns"], found["path_tool_ns"]) == (14 * SECOND, 5 * SECOND)


def test_nothing_that_was_said_leaves_the_reader() -> None:
    assert "SECRET" not in str(vars(stream(prompt(1), piece(3), call(4, "c"), result(6, "c"))))
