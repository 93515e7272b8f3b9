"""Tasks of Cline and Roo Code: what was shown to the user, and what that bounds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read
from contract.table_rows import frame
from unit.ingest.raw_reading import SAMPLES, RawReading, Row, ms, read_raw

SECOND = 10**9
TASKS = SAMPLES / "cline"


def say(at: float, kind: str, text: str = "said", **more: Any) -> Row:
    return {"ts": ms(at), "type": "say", "say": kind, "text": text, **more}


def ask(at: float, kind: str, text: str = "said") -> Row:
    return {"ts": ms(at), "type": "ask", "ask": kind, "text": text}


def request(at: float, **told: Any) -> Row:
    known = {"tokensIn": 5, "tokensOut": 7, "cacheReads": 80, "cacheWrites": 15}
    return say(at, "api_req_started", json.dumps({**known, **told}))


def tool(at: float, name: str = "readFile") -> Row:
    return ask(at, "tool", json.dumps({"tool": name, "path": "SECRET"}))


def task(*messages: Row, folder: Path | None = None, answers: tuple[float, ...] = ()) -> RawReading:
    content = json.dumps([say(0, "text", "SECRET"), *messages]).encode()
    if folder is None:
        return read_raw("cline", content)
    history = [{"role": "assistant", "content": [], "ts": ms(at)} for at in answers]
    (folder / "api_conversation_history.json").write_text(json.dumps(history))
    (folder / "ui_messages.json").write_bytes(content)
    return read_raw("cline", folder / "ui_messages.json")


def requests(reading: RawReading) -> list[tuple[float | None, float | None]]:
    return [reading.seconds(span["span_key"]) for span in reading.of("request")]


def test_a_request_begins_when_announced_and_ends_not_before_the_last_thing_shown() -> None:
    reading = task(request(1), say(4, "reasoning"), say(5, "text"), tool(6), request(9), say(12, "text"))

    assert requests(reading) == [(1, 6), (9, 12)]
    (first, _) = reading.of("request")
    assert (first["start_evidence"], first["end_evidence"]) == ("bounded", "bounded")
    assert (first["first_token_ns"], first["first_token_evidence"]) == (ms(4) * 10**6, "bounded")


def test_the_history_beside_it_notes_when_answers_were_complete(tmp_path: Path) -> None:
    shown = (request(1), say(5, "text"), tool(6), request(9), say(12, "text"))
    reading = task(*shown, folder=tmp_path, answers=(7, 13))

    assert requests(reading) == [(1, 7), (9, 13)]
    assert {span["end_evidence"] for span in reading.of("request")} == {"measured"}
    (called,) = reading.of("tool")
    assert reading.seconds(called["span_key"]) == (7, 9)


def test_a_tool_lies_between_its_being_shown_and_what_follows() -> None:
    reading = task(
        request(1),
        say(5, "text"),
        tool(6),
        ask(8, "command"),
        say(9, "command_output"),
        request(15),
        say(18, "text"),
    )
    tools = {span["name"]: span for span in reading.of("tool")}

    assert reading.seconds(tools["execute_command"]["span_key"]) == (8, 15)
    assert reading.seconds(tools["readFile"]["span_key"])[1] == 8
    (first, second) = reading.of("request")[0], reading.of("request")[-1]
    assert {link["to_key"] for link in reading.links if link["from_key"] == first["span_key"]} == {
        span["span_key"] for span in tools.values()
    }
    assert second["trigger"] == "tool_result"


@pytest.mark.parametrize(
    ("told", "given"),
    [
        ({}, 100),
        ({"apiProtocol": "anthropic", "tokensIn": 100}, 100),
        ({"apiProtocol": "anthropic", "tokensIn": 5}, 100),
        ({"tokensIn": 100}, 195),
    ],
)
def test_tokens_of_a_prompt_hold_the_cached_ones(told: Row, given: int) -> None:
    (found,) = task(request(1, **told), say(5, "text")).of("request")

    assert (found["input_tokens"], found["cache_read_tokens"], found["output_tokens"]) == (given, 80, 7)


def test_a_question_is_waited_for_until_the_next_request() -> None:
    reading = task(request(1), ask(5, "followup"), say(60, "user_feedback"), request(60.1), say(64, "text"))

    assert [span["trigger"] for span in reading.of("request")] == ["user_message", "user_message"]


def test_retries_are_attempts_that_failed() -> None:
    reading = task(
        request(1), say(3, "api_req_retry_delayed"), say(9, "api_req_retry_delayed"), say(20, "text")
    )
    found = [(span["purpose"], span["attempt"]) for span in reading.of("request")]

    assert found == [("failed_attempt", 1), ("failed_attempt", 2), ("turn", 3)]
    assert requests(reading) == [(1, 3), (3, 9), (9, 20)]


def test_a_retry_that_the_user_had_to_ask_for_is_a_wait() -> None:
    reading = task(request(1), ask(3, "api_req_failed"), say(50, "api_req_retried"), say(55, "text"))
    (wait,) = reading.of("user_wait")

    assert reading.seconds(wait["span_key"]) == (3, 50)
    assert requests(reading) == [(1, 3), (50, 55)]


def test_retries_of_cline_begin_when_it_says_so_after_their_delay() -> None:
    """The last one fails with nothing left to try: the user is asked about it, and says yes."""
    reading = task(
        request(1),
        say(3, "error_retry", '{"attempt": 1, "maxAttempts": 2, "delaySeconds": 2}'),
        say(5, "api_req_retried"),
        say(8, "error_retry", '{"attempt": 2, "maxAttempts": 2, "delaySeconds": 4}'),
        say(12, "api_req_retried"),
        say(14, "error_retry", '{"attempt": 2, "maxAttempts": 2, "failed": true}'),
        ask(14.1, "api_req_failed"),
        say(40, "api_req_retried"),
        say(44, "text"),
    )

    assert requests(reading) == [(1, 3), (5, 8), (12, 14.1), (40, 44)]
    assert [span["attempt"] for span in reading.of("request")] == [1, 2, 3, 4]
    assert [reading.seconds(wait["span_key"]) for wait in reading.of("user_wait")] == [(14.1, 40)]


@pytest.mark.parametrize(
    "failed",
    [
        [say(8, "error_retry", '{"attempt": 2, "maxAttempts": 3, "delaySeconds": 4}')],
        [say(7.9, "error_retry", '{"attempt": 3, "failed": true}'), ask(8, "api_req_failed")],
    ],
    ids=["announced", "asked"],
)
@pytest.mark.parametrize("after", [[], [ask(9, "resume_task"), request(60), say(70, "text")]])
def test_a_retry_that_is_not_told_to_have_begun_was_none(failed: list[Any], after: list[Any]) -> None:
    first = [
        request(1),
        say(3, "error_retry", '{"attempt": 1, "delaySeconds": 2}'),
        say(5, "api_req_retried"),
    ]
    reading = task(*first, *failed, *after)
    found = [(span["purpose"], span["status"], span["attempt"]) for span in reading.of("request")]

    assert found[:2] == [("failed_attempt", "error", 1), ("turn", "error", 2)]
    assert requests(reading) == [(1, 3), (5, 8), (60, 70)][: 3 if after else 2]
    assert {link["to_key"] for link in reading.links} <= {span["span_key"] for span in reading.of("request")}


def test_a_rate_limit_is_backed_off_before_the_request() -> None:
    reading = task(say(1, "api_req_rate_limit_wait"), request(6), say(9, "text"))
    (limit,) = reading.of("other")

    assert reading.seconds(limit["span_key"]) == (1, 6)
    assert limit["own_phase"] == "backoff"


def test_a_cancelled_request_says_so() -> None:
    (found,) = task(request(1, cancelReason="user_cancelled"), say(5, "text")).of("request")

    assert found["status"] == "cancelled"


def test_a_compaction_takes_the_time_before_its_request_is_sent() -> None:
    sizes = {"contextCondense": {"prevContextTokens": 900, "newContextTokens": 300}}
    reading = task(request(1), say(30, "condense_context", "", **sizes), say(35, "text"))
    (compaction,) = reading.of("compaction")

    assert reading.seconds(compaction["span_key"]) == (1, 30)
    assert (compaction["tokens_before"], compaction["tokens_after"]) == (900, 300)
    assert requests(reading) == [(30, 35)]


def test_a_subtask_is_an_agent_inside_the_call_that_started_it() -> None:
    trace = read([TASKS / "task", TASKS / "subtask"])
    agents, spans = frame(trace.agents), frame(trace.spans)

    assert agents["depth"].to_list() == [0, 1]
    spawning = spans.filter(spans["span"] == agents["spawning_span"][1])
    assert spawning["name"].to_list() == ["newTask"]
    (session,) = analyze(trace).sessions.to_dicts()
    assert session["requests"] == 8
    assert session["path_user_ns"] == pytest.approx(34 * SECOND, abs=SECOND)
    assert session["path_backoff_ns"] == 5 * SECOND


def test_without_the_folder_two_tasks_are_two_sessions(tmp_path: Path) -> None:
    for name in ("task", "subtask"):
        (tmp_path / name).write_bytes((TASKS / name / "ui_messages.json").read_bytes())

    assert read(tmp_path).sessions.num_rows == 2


def test_a_broken_message_is_told_and_the_others_stay() -> None:
    whole = (request(1), say(5, "text"), tool(6), request(9), say(12, "text"))
    sound, hurt = task(*whole), task(*whole[:3], {"ts": "x", "type": "say"}, *whole[3:])

    assert requests(hurt) == requests(sound)
    assert hurt.findings["record_unusable"]["line"] == 5


def test_nothing_that_was_said_leaves_the_reader() -> None:
    assert "SECRET" not in str(vars(task(request(1), say(4, "text", "SECRET"), tool(6), request(9))))
