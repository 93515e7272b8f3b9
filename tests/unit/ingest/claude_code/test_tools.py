"""A tool's time: between call and result, narrowed by what is known of its execution."""

from __future__ import annotations

from unit.ingest.claude_code.chat import Chat, Row, call, ns

NEXT = "req:msg_2:req_2"


def _one_call(outcome: Row | str | None = None, *, version: str = "2.1.200", end: float = 10) -> Chat:
    chat = Chat(version=version)
    chat.prompt(0)
    chat.answer(2, "1", call("t1", "WebFetch"), stop="tool_use")
    chat.result(end, "t1", outcome)
    return chat


def test_without_more_it_reaches_from_its_call_to_its_result() -> None:
    reading = _one_call().read()
    tool = reading.spans["tool:t1"]
    assert reading.bounds("tool:t1") == (2, 10)
    assert (tool["name"], tool["status"], tool["start_evidence"]) == ("WebFetch", "ok", "bounded")
    assert tool["agent_key"] == "s1:main"


def test_a_stated_length_that_fills_it_makes_it_measured() -> None:
    reading = _one_call({"durationMs": 7_990}).read()
    assert reading.bounds("tool:t1") == (2, 10)
    tool = reading.spans["tool:t1"]
    assert (tool["start_evidence"], tool["end_evidence"]) == ("measured", "measured")


def test_a_stated_length_is_the_last_part_and_the_answer_was_still_streaming_before() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(2, "1", call("t1", "Task"))
    chat.answer(9, "1", call("t2", "Task"))
    chat.result(60, "t1", {"status": "completed", "totalDurationMs": 50_500})
    chat.result(70, "t2", {"status": "completed", "totalDurationMs": 60_500})
    reading = chat.read()
    assert reading.bounds("tool:t1") == (9, 60)
    uses = {link["to_key"]: link["at_ns"] for link in reading.links if link["rule"] == "tool_use"}
    assert uses == {"tool:t1": None, "tool:t2": None}


def test_a_stated_length_that_does_not_fit_is_not_used() -> None:
    reading = _one_call({"durationSeconds": 900}).read()
    assert reading.spans["tool:t1"]["start_evidence"] == "bounded"
    assert reading.findings["duration_disagrees"]["count"] == 1


def test_early_versions_ran_calls_when_the_answer_was_complete() -> None:
    for version, start in (("2.1.17", 5), ("2.1.38", 2)):
        chat = Chat(version=version)
        chat.prompt(0)
        chat.answer(2, "1", call("t1"))
        chat.answer(5, "1", call("t2"))
        chat.result(8, "t1")
        chat.result(9, "t2")
        assert chat.read().bounds("tool:t1") == (start, 8)


def test_a_call_that_waits_for_another_starts_with_its_first_hook() -> None:
    chat = Chat()
    chat.prompt(0)
    one = chat.answer(1, "1", call("t1"), stop="tool_use")
    two = chat.answer(2, "1", call("t2"), stop="tool_use")
    chat.result(60, "t1", parent=one)
    chat.add(
        "progress",
        60.01,
        data={"type": "hook_progress", "hookEvent": "PreToolUse"},
        parentToolUseID="t2",
        toolUseID="t2",
    )
    chat.result(65, "t2", parent=two)
    reading = chat.read()
    assert reading.bounds("tool:t2") == (60.01, 65)
    assert reading.linked("queued behind") == {("tool:t1", "tool:t2")}
    (link,) = (link for link in reading.links if link["rule"] == "queued behind")
    assert (link["explicit"], link["confidence"]) == (False, 0.9)


def test_hooks_with_a_length_are_inside_the_tool_and_of_the_harness() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1"), stop="tool_use")
    for at, event in ((1.3, "PreToolUse"), (5.9, "PostToolUse")):
        hook = {"type": "hook_success", "hookEvent": event, "toolUseID": "t1", "durationMs": 200}
        chat.add("attachment", at, attachment=hook)
    chat.result(6, "t1", {"durationMs": 4_300})
    reading = chat.read()
    hooks = reading.of("other")
    assert [hook["parent_key"] for hook in hooks] == ["tool:t1", "tool:t1"]
    assert [(hook["start_ns"], hook["end_ns"]) for hook in hooks] == [(ns(1.1), ns(1.3)), (ns(5.7), ns(5.9))]
    assert {hook["own_phase"] for hook in hooks} == {"harness"}
    assert reading.bounds("tool:t1") == (1.1, 6)


def test_a_call_without_a_result_has_no_end() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1"), stop="tool_use")
    reading = chat.read()
    assert reading.bounds("tool:t1") == (1, None)
    assert reading.spans["tool:t1"]["status"] == "unfinished"


def test_errors_and_refusals_are_told_apart() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1"), call("t2"), stop="tool_use")
    chat.result(2, "t1", "Error: Exit code 1", error=True)
    chat.result(3, "t2", "User rejected tool use", error=True)
    reading = chat.read()
    assert [reading.spans[f"tool:{t}"]["status"] for t in ("t1", "t2")] == ["error", "cancelled"]
    assert reading.spans["tool:t2"]["error"] == "rejected"


def test_a_result_before_its_call_gives_no_negative_length() -> None:
    reading = _one_call(end=1).read()
    assert reading.bounds("tool:t1") == (2, 2)
    assert reading.findings["negative_duration"]["count"] == 1


def test_a_result_that_is_told_again_later_counts_where_it_was_told_first() -> None:
    chat = _one_call()
    chat.result(500, "t1")
    assert chat.read().bounds("tool:t1") == (2, 10)


def test_a_result_without_its_call_is_counted() -> None:
    chat = Chat()
    chat.result(1, "gone", parent="also gone")
    chat.answer(2, "1")
    assert chat.read().findings["stray_result"]["count"] == 1


def test_tools_of_other_makers_may_put_anything_into_their_result() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1", "mcp__x__y"), stop="tool_use")
    chat.result(2, "t1", {"status": 200, "agentId": [1], "durationMs": {"a": 1}, "task": "t"})
    reading = chat.read()
    assert reading.bounds("tool:t1") == (1, 2)
    assert reading.findings == {}
