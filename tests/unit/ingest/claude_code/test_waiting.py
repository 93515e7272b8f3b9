"""Waiting for the user: between turns, in questions, and in permissions that only a turn's measure shows."""

from __future__ import annotations

import pytest

from unit.ingest.claude_code.chat import Chat, Reading, call

TWO = "req:msg_2:req_2"


def _waits(reading: Reading) -> list[tuple[float | None, float | None]]:
    return [reading.bounds(span["span_key"]) for span in reading.of("user_wait")]


def test_from_the_end_of_a_turn_to_the_next_prompt() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(5, "1")
    chat.system(7, "stop_hook_summary", hookInfos=[{"command": "x", "durationMs": 1500}])
    chat.system(7.1, "turn_duration", durationMs=5000)
    chat.system(200, "away_summary", content="secret")
    asked = chat.prompt(300, "more")
    chat.answer(303, "2")
    reading = chat.read()
    assert _waits(reading) == [(7.1, 300)]
    assert reading.linked("prompt") == {(f"wait:{asked}", TWO)}
    wait = reading.spans[f"wait:{asked}"]
    assert (wait["agent_key"], wait["start_evidence"]) == ("s1:main", "measured")
    (stop,) = reading.of("other")
    assert (stop["name"], reading.bounds(stop["span_key"])) == ("hook:Stop", (5.5, 7))


def test_without_a_measure_of_the_turn_from_its_last_record() -> None:
    chat = Chat(version="2.0.76")
    chat.prompt(0)
    chat.answer(5, "1")
    asked = chat.prompt(300, "more")
    chat.answer(303, "2")
    reading = chat.read()
    assert _waits(reading) == [(5, 300)]
    assert reading.spans[f"wait:{asked}"]["start_evidence"] == "bounded"


def test_a_prompt_that_was_queued_was_not_waited_for() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.queue(3, "enqueue", "and then this")
    chat.answer(5, "1")
    chat.system(5.1, "turn_duration", durationMs=5000)
    chat.queue(5.2, "dequeue")
    chat.prompt(5.2, "and then this", promptSource="queued")
    chat.answer(9, "2")
    assert _waits(chat.read()) == []


def test_a_prompt_that_goes_through_the_queue_of_an_idle_agent_was_waited_for() -> None:
    chat = Chat()
    chat.prompt(0, "Yes", promptSource="typed")
    chat.answer(5, "1")
    chat.queue(50, "enqueue", "Yes")
    chat.queue(50.01, "dequeue")
    chat.prompt(50.02, "Yes", promptSource="queued")
    chat.answer(55, "2")
    assert _waits(chat.read()) == [(5, 50)]


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ("<task-notification>\n<task-id>b1</task-id>", {}),
        ("anything", {"origin": {"kind": "task-notification"}, "promptSource": "system"}),
        ("a reminder", {"isMeta": True}),
        ("<local-command-stdout>ok</local-command-stdout>", {}),
    ],
)
def test_what_no_person_said_is_no_prompt(said: str, fields: dict[str, object]) -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(5, "1")
    chat.prompt(50, said, **fields)
    chat.answer(55, "2")
    assert _waits(chat.read()) == []


def test_a_command_after_which_work_goes_on_was_waited_for() -> None:
    """A login: the request that failed before it is sent again, without another prompt."""
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "x", model="<synthetic>")
    chat.system(1.1, "turn_duration", durationMs=900)
    chat.system(60, "local_command", content="<command-name>/login</command-name>")
    chat.answer(63, "2")
    reading = chat.read()
    assert _waits(reading) == [(1.1, 60)]
    assert reading.bounds(TWO) == (60, 63)


def test_a_question_is_waiting_by_its_nature() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(2, "1", call("q", "AskUserQuestion"), stop="tool_use")
    chat.result(90, "q")
    reading = chat.read()
    (wait,) = reading.of("user_wait")
    assert (wait["parent_key"], reading.bounds(wait["span_key"])) == ("tool:q", (2, 90))


def test_a_permission_is_found_in_the_one_call_that_is_as_long() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(2, "1", call("t1", "Edit"), stop="tool_use")
    chat.result(102.4, "t1")
    chat.answer(105, "2", call("t2"), stop="tool_use")
    chat.result(125, "t2")
    chat.answer(130, "3")
    chat.system(136, "turn_duration", durationMs=30_000)
    reading = chat.read()
    (wait,) = reading.of("user_wait")
    assert (wait["parent_key"], reading.bounds(wait["span_key"])) == ("tool:t1", (2, 102))
    assert wait["end_evidence"] == "derived"


def test_what_no_other_call_could_have_taken_is_sure() -> None:
    """100 s of dialogues in calls of 80 s and 30 s: at least 70 s in the one, 20 s in the other."""
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1"), stop="tool_use")
    chat.result(81, "t1")
    chat.answer(82, "2", call("t2"), stop="tool_use")
    chat.result(112, "t2")
    chat.answer(113, "3")
    chat.system(113, "turn_duration", durationMs=13_000)
    reading = chat.read()
    assert _waits(reading) == [(1, 71), (82, 102)]
    assert {wait["start_evidence"] for wait in reading.of("user_wait")} == {"bounded"}
    assert reading.findings["dialogue_unplaced"]["count"] == 1


def test_hooks_before_and_after_a_turn_are_no_dialogue() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.add("attachment", 9, attachment={"type": "hook_additional_context", "hookEvent": "UserPromptSubmit"})
    chat.answer(10, "1", call("t1"), stop="tool_use")
    chat.result(19, "t1")
    chat.answer(20, "2")
    chat.system(30, "turn_duration", durationMs=11_000)
    assert _waits(chat.read()) == []


def test_a_turn_that_began_with_news_is_measured_from_there() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1")
    chat.system(1, "turn_duration", durationMs=1000)
    chat.prompt(500, "<task-notification><task-id>x</task-id></task-notification>")
    chat.answer(502, "2", call("t1"), stop="tool_use")
    chat.result(532, "t1")
    chat.answer(533, "3")
    chat.system(533, "turn_duration", durationMs=33_000)
    assert _waits(chat.read()) == []


def test_a_file_that_was_written_late_waited_for_a_permission() -> None:
    chat = Chat(version="2.0.76")
    chat.prompt(0)
    chat.answer(5, "1", call("quick", "Edit"), call("slow", "Write"), call("long", "Bash"))
    chat.result(5.2, "quick")
    chat.result(45, "slow")
    chat.result(100, "long")
    chat.answer(103, "2", call("behind", "Edit"), call("first", "Bash"))
    chat.result(140, "first")
    chat.result(141, "behind")
    chat.answer(145, "3")
    reading = chat.read()
    assert _waits(reading) == [(5.2, 45)]
    (wait,) = reading.of("user_wait")
    assert (wait["parent_key"], wait["start_evidence"], wait["end_evidence"]) == (
        "tool:slow",
        "bounded",
        "bounded",
    )
    assert reading.findings["permission_inferred"]["count"] == 1


def test_the_measure_of_a_turn_says_better_whether_a_permission_was_waited_for() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(5, "1", call("slow", "Write"))
    chat.result(45, "slow")
    chat.answer(50, "2")
    chat.system(50.1, "turn_duration", durationMs=50_100)
    assert _waits(chat.read()) == []
