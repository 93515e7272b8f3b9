"""Sessions of pi: an answer's own time is its request's start, its entry's is its end."""

from __future__ import annotations

from typing import Any

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read
from unit.ingest.raw_reading import SAMPLES, RawReading, Row, iso, lines, ms, read_raw

SECOND = 10**9
HEADER = {"type": "session", "version": 3, "id": "s-1", "timestamp": iso(0), "cwd": "x"}


def entry(name: str, at: float, **message: Any) -> Row:
    return {"type": "message", "id": name, "parentId": None, "timestamp": iso(at), "message": message}


def user(name: str, at: float) -> Row:
    return entry(name, at, role="user", content="SECRET", timestamp=ms(at))


def answer(name: str, start: float, end: float, *calls: str, stop: str = "stop", **more: Any) -> Row:
    blocks = [{"type": "toolCall", "id": call, "name": "bash", "arguments": "SECRET"} for call in calls]
    return entry(name, end, role="assistant", content=blocks, timestamp=ms(start), stopReason=stop, **more)


def result(name: str, at: float, call: str, **more: Any) -> Row:
    return entry(name, at + 1, role="toolResult", toolCallId=call, toolName="bash", timestamp=ms(at), **more)


def session(*entries: Row, **header: Any) -> RawReading:
    return read_raw("pi", lines([{**HEADER, **header}, *entries]))


def test_both_ends_of_a_request_are_measured() -> None:
    reading = session(user("u", 1), answer("a", 2, 5))

    assert reading.seconds("a") == (2, 5)
    assert reading.evidence("a") == ("measured", "measured")
    assert reading.spans["a"]["trigger"] == "user_message"


def test_a_tool_returned_when_its_result_was_made() -> None:
    reading = session(
        user("u", 1), answer("a", 2, 5, "c"), result("r", 8, "c", isError=True), answer("b", 9, 12)
    )

    assert reading.seconds("tool:c") == (5, 8)
    assert reading.evidence("tool:c") == ("bounded", "measured")
    assert (reading.spans["tool:c"]["status"], reading.spans["tool:c"]["call_id"]) == ("error", "c")
    assert reading.linked("toolCall") == {("a", "tool:c")}
    assert reading.linked("toolResult") == {("tool:c", "b")}


def test_an_answer_that_broke_off_is_an_attempt_that_failed() -> None:
    reading = session(user("u", 1), answer("a", 2, 5, stop="error"), answer("b", 7, 12))

    assert (reading.spans["a"]["purpose"], reading.spans["a"]["status"]) == ("failed_attempt", "error")
    assert (reading.spans["b"]["attempt"], reading.spans["b"]["purpose"]) == (2, "turn")
    assert reading.linked("stopReason error") == {("a", "b")}


def test_an_answer_without_a_time_of_its_own_began_after_what_it_answers() -> None:
    told = {"role": "assistant", "content": [], "stopReason": "stop"}
    reading = session(user("u", 1), entry("a", 5, **told))

    assert reading.seconds("a") == (1, 5)
    assert reading.evidence("a") == ("bounded", "measured")


def test_a_compaction_tells_what_its_summary_cost() -> None:
    usage = {"input": 900, "cacheRead": 100, "cacheWrite": 0, "output": 50}
    row = {"type": "compaction", "id": "k", "timestamp": iso(9), "tokensBefore": 1000, "usage": usage}
    found = session(user("u", 1), answer("a", 2, 5), row).spans["k"]

    assert (found["input_tokens"], found["output_tokens"], found["tokens_before"]) == (1000, 50, 1000)


def test_a_compaction_is_not_before_what_was_noted_before_it_and_until_then_the_user_was_waited_for() -> None:
    noted = {"type": "custom", "id": "n", "timestamp": iso(100)}
    row = {"type": "compaction", "id": "k", "timestamp": iso(109), "tokensBefore": 1000}
    reading = session(user("u", 1), answer("a", 2, 5), noted, row, answer("b", 109, 112))

    assert reading.seconds("k") == (100, 109)
    assert [reading.seconds(span["span_key"]) for span in reading.of("user_wait")] == [(5, 100)]


def test_a_note_while_a_tool_runs_is_no_wait_for_the_user() -> None:
    noted = {"type": "custom", "id": "n", "timestamp": iso(6)}
    row = {"type": "compaction", "id": "k", "timestamp": iso(15), "tokensBefore": 1000}
    reading = session(user("u", 1), answer("a", 2, 5, "c"), noted, result("r", 8, "c"), row)

    assert reading.seconds("k") == (8, 15)
    assert reading.of("user_wait") == []


def test_a_change_of_the_tools_is_no_unknown_record() -> None:
    row = {"type": "active_tools_change", "id": "t", "timestamp": iso(2), "activeToolNames": ["bash"]}

    assert session(user("u", 1), row, answer("a", 2, 5)).findings == {}


def test_tokens_hold_the_cached_ones() -> None:
    usage = {"input": 5, "cacheRead": 80, "cacheWrite": 15, "output": 7}
    found = session(user("u", 1), answer("a", 2, 5, usage=usage)).spans["a"]

    assert (found["input_tokens"], found["cache_read_tokens"], found["output_tokens"]) == (100, 80, 7)


def test_a_call_without_a_result_has_no_end() -> None:
    reading = session(user("u", 1), answer("a", 2, 5, "c"))

    assert reading.seconds("tool:c") == (5, None)
    assert reading.spans["tool:c"]["status"] == "unfinished"


def test_a_branch_is_kin_to_the_session_that_it_comes_from() -> None:
    assert session(parentSession="/x/2026_s-0.jsonl").edges == {("pi:s-1", "pi:s-0")}


def test_what_a_branch_copied_is_no_work_of_it() -> None:
    """It is older than the branch; the session that it comes from may have nothing else."""
    reading = session(
        user("u", 1), answer("a", 2, 5), user("v", 31), answer("b", 31, 35),
        parentSession="/x/2026_s-0.jsonl", timestamp=iso(30),
    )  # fmt: skip

    assert [row["span_key"] for row in reading.of("request")] == ["b"]
    assert reading.findings["copied_history"]["count"] == 2
    assert len(session(user("u", 1), answer("a", 2, 5), timestamp=iso(30)).of("request")) == 1


def test_the_sample_is_divided_as_it_was_written() -> None:
    (found,) = analyze(read(SAMPLES / "pi" / "session.jsonl")).sessions.to_dicts()

    assert (found["requests"], found["main_turns"], found["tool_calls"], found["compactions"]) == (5, 4, 3, 1)
    assert found["path_user_ns"] == 50.15 * SECOND
    assert found["purpose_compaction_ns"] == 15.9 * SECOND


def test_nothing_that_was_said_leaves_the_reader() -> None:
    assert "SECRET" not in str(vars(session(user("u", 1), answer("a", 2, 5, "c"), result("r", 8, "c"))))
