"""A failed attempt is a request of its own; the next one starts after the wait that was announced."""

from __future__ import annotations

from typing import Any

import pytest

from agenttrace.ingest.formats.claude_code.events import error_name
from unit.ingest.claude_code.chat import Chat, call


def test_attempts_hang_on_each_other_and_waits_lie_between() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1"), stop="tool_use")
    chat.result(2, "t1")
    first = chat.system(13, "api_error", error={"status": 529}, retryAttempt=1, retryInMs=500)
    second = chat.system(15, "api_error", error={"status": 529}, retryAttempt=2, retryInMs=1000)
    chat.answer(30, "2")
    reading = chat.read()
    one, two, answer = f"attempt:{first}", f"attempt:{second}", "req:msg_2:req_2"
    assert reading.bounds(one) == (2, 13)
    assert reading.bounds(two) == (13.5, 15)
    assert reading.bounds(answer) == (16, 30)
    assert reading.linked("api_error") == {(one, two), (two, answer)}
    assert reading.linked("tool_result") == {("tool:t1", one)}
    rows = [reading.spans[key] for key in (one, two, answer)]
    assert [row["attempt"] for row in rows] == [1, 2, 3]
    assert [row["status"] for row in rows] == ["error", "error", "ok"]
    assert [row["error"] for row in rows] == ["http_529", "http_529", None]
    assert [row["purpose"] for row in rows] == ["failed_attempt", "failed_attempt", "turn"]
    assert {row["trigger"] for row in rows} == {"tool_result"}
    assert answer in reading.spans
    assert rows[2]["start_evidence"] == "derived"


def test_the_wait_never_reaches_beyond_the_answer() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.system(1, "api_error", error={}, retryAttempt=1, retryInMs=60_000)
    chat.answer(5, "1")
    assert chat.read().bounds("req:msg_1:req_1") == (5, 5)


def test_a_refused_answer_that_was_taken_back_is_an_attempt_before_the_fallback() -> None:
    chat = Chat()
    chat.prompt(0)
    refused = chat.system(4, "model_refusal_fallback", direction="retry", retractedMessageUuids=["gone"])
    chat.answer(9, "1")
    reading = chat.read()

    attempt, answer = f"attempt:{refused}", "req:msg_1:req_1"
    assert (reading.bounds(attempt), reading.bounds(answer)) == ((0, 4), (4, 9))
    assert (reading.spans[attempt]["error"], reading.spans[answer]["attempt"]) == ("refusal", 2)
    assert reading.findings == {}


def test_a_refused_answer_that_is_kept_is_a_request_and_no_attempt_beside_it() -> None:
    chat = Chat()
    chat.prompt(0)
    kept = chat.answer(4, "1", stop="refusal")
    chat.system(4, "model_refusal_fallback", direction="retry", retractedMessageUuids=[kept])
    chat.answer(9, "2")
    reading = chat.read()

    assert [span["span_key"] for span in reading.of("other")] == []
    assert reading.bounds("req:msg_2:req_2") == (4, 9)


@pytest.mark.parametrize("subtype", ["error", "model_refusal_no_fallback"])
def test_what_the_program_says_of_an_error_is_known(subtype: str) -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(4, "1")
    chat.system(4, subtype, error={"status": 429})

    assert chat.read().findings == {}


@pytest.mark.parametrize(
    ("error", "name"),
    [
        ({"status": 529, "message": "secret words"}, "http_529"),
        (
            {"error": {"type": "error", "error": {"type": "overloaded_error"}}, "status": 529},
            "overloaded_error",
        ),
        ({"cause": {}, "code": "ECONNRESET"}, "ECONNRESET"),
        ({"isNetworkDown": True, "formatted": "secret words"}, "network_down"),
        ({"type": "secret words with spaces"}, "api_error"),
        ({}, "api_error"),
        (None, "api_error"),
        ("secret words", "api_error"),
    ],
)
def test_an_error_is_named_by_its_type_and_never_quoted(error: Any, name: str) -> None:
    assert error_name(error) == name
