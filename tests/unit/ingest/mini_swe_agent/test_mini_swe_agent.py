"""mini-swe-agent: times of answers and observations in version 2, none before."""

from __future__ import annotations

import json
from typing import Any

from unit.ingest.raw_reading import EPOCH_NS, SAMPLES, RawReading, Row, read_raw


def answer(at: float | None, *commands: str, **response: Any) -> Row:
    extra = {"actions": [{"command": "c", "tool_call_id": name} for name in commands], "response": response}
    timed = {} if at is None else {"timestamp": EPOCH_NS / 10**9 + at}
    return {"role": "assistant", "content": "said", "extra": {**extra, **timed}}


def observation(at: float, code: int = 0) -> Row:
    extra = {"raw_output": "o", "returncode": code, "timestamp": EPOCH_NS / 10**9 + at}
    return {"role": "tool", "content": "said", "extra": extra}


def trajectory(*messages: Row) -> RawReading:
    document = {
        "info": {"mini_version": "2"},
        "messages": messages,
        "trajectory_format": "mini-swe-agent-1.1",
    }
    return read_raw("mini-swe-agent", json.dumps(document).encode())


def test_requests_lie_between_observations_and_answers() -> None:
    reading = trajectory(answer(2, "a"), observation(5), answer(9, "b"), observation(10, 1))

    assert reading.seconds("message:1") == (None, 2)
    assert reading.seconds("message:3") == (5, 9)
    assert reading.evidence("message:3") == ("bounded", "measured")


def test_the_command_that_hands_in_the_work_has_not_failed() -> None:
    """It ends the run before it returns, and what was to follow it is noted in the same words."""
    handed_in = observation(5, -1)
    handed_in["extra"]["exception_info"] = "action was not executed"
    (tool,) = trajectory(answer(2, "a"), handed_in).of("tool")

    assert tool["status"] == "cancelled"


def test_a_command_runs_from_its_answer_to_its_observation() -> None:
    reading = trajectory(answer(2, "a"), observation(5, 1))

    assert reading.seconds("observation:2") == (2, 5)
    assert reading.spans["observation:2"]["status"] == "error"
    assert reading.evidence("observation:2") == ("bounded", "measured")


def test_of_several_commands_only_bounds_are_known() -> None:
    reading = trajectory(answer(2, "a", "b"), observation(5), observation(5))

    assert [reading.evidence(span["span_key"]) for span in reading.of("tool")] == [("bounded", "bounded")] * 2


def test_a_request_after_a_persons_words_has_no_known_start() -> None:
    spoken = {"role": "user", "content": "wait"}
    reading = trajectory(answer(2, "a"), observation(5), spoken, answer(90, "b"))

    assert reading.seconds("message:4") == (None, 90)


def test_usage_of_either_api_is_understood() -> None:
    chat = {"prompt_tokens": 10, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 4}}
    responses = {"input_tokens": 20, "output_tokens": 5, "input_tokens_details": {"cached_tokens": 8}}
    reading = trajectory(answer(2, "a", usage=chat), observation(3), answer(5, "b", usage=responses))
    found = [
        (span["input_tokens"], span["cache_read_tokens"], span["output_tokens"])
        for span in reading.of("request")
    ]

    assert found == [(10, 4, 3), (20, 8, 5)]


def test_messages_without_times_are_said_to_be_so() -> None:
    bare = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
    reading = read_raw("mini-swe-agent", json.dumps(bare).encode())

    assert reading.spans == {}
    assert (reading.records, reading.findings["no_timings"]["severity"]) == (2, "warning")


def test_an_answer_that_was_not_understood_is_told() -> None:
    reading = read_raw("mini-swe-agent", SAMPLES / "mini-swe-agent" / "trajectory.traj.json")

    assert reading.findings["no_time"]["line"] == 8
    assert reading.sessions[0]["task_id"] == "made-up__task-1"


def test_what_is_no_message_costs_only_its_place() -> None:
    reading = trajectory(answer(2, "a"), observation(5), answer(9, "b"), observation(10))
    strange = trajectory(answer(2, "a"), 17, answer(9, "b"), observation(10))  # type: ignore[arg-type]

    assert strange.spans.keys() == reading.spans.keys() - {"observation:2"}
    assert strange.findings["field_unusable"]["line"] == 2
