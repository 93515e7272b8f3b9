"""One request is several lines; it starts when all that it waited for was there."""

from __future__ import annotations

import pytest

from unit.ingest.claude_code.chat import Chat, call, ns, read, text

ONE = "req:msg_1:req_1"
TWO = "req:msg_2:req_2"


def test_lines_of_one_answer_are_one_request_from_the_prompt_to_the_last_block() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(3, "1", {"type": "thinking", "thinking": ""})
    chat.answer(4, "1", text())
    reading = chat.read()
    assert [span["span_key"] for span in reading.of("request")] == [ONE]
    assert reading.bounds(ONE) == (0, 4)
    request = reading.spans[ONE]
    assert (request["start_evidence"], request["end_evidence"]) == ("bounded", "bounded")
    assert (request["trigger"], request["purpose"], request["attempt"]) == ("user_message", "turn", 1)
    assert (request["model"], request["request_id"]) == ("claude-test", "req_1")
    assert [(mark["kind"], mark["t_ns"]) for mark in reading.marks] == [("first_block", ns(3))]


def test_it_starts_after_the_hooks_that_stand_between_prompt_and_answer() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.add(
        "attachment", 2.5, attachment={"type": "hook_additional_context", "hookEvent": "UserPromptSubmit"}
    )
    chat.answer(4, "1")
    reading = chat.read()
    assert reading.bounds(ONE) == (2.5, 4)
    (hook,) = reading.of("other")
    assert (hook["name"], hook["own_phase"], hook["start_ns"], hook["end_ns"]) == (
        "hook:UserPromptSubmit",
        "harness",
        ns(0),
        ns(2.5),
    )


def test_prompt_tokens_are_all_of_them_and_cached_ones_are_told_apart() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1")
    request = chat.read().spans[ONE]
    assert (request["input_tokens"], request["cache_read_tokens"], request["cache_write_tokens"]) == (
        112,
        100,
        10,
    )


def test_the_largest_usage_of_the_lines_is_taken() -> None:
    chat = Chat()
    chat.prompt(0)
    for at, tokens in ((1, 1), (2, 900), (3, 1)):
        chat.answer(at, "1", usage={"input_tokens": 5, "output_tokens": tokens})
    request = chat.read().spans[ONE]
    assert (request["input_tokens"], request["output_tokens"]) == (5, 900)
    assert request["cache_read_tokens"] is None


@pytest.mark.parametrize(
    ("version", "lines", "quality"),
    [
        ("2.1.200", [(7, "tool_use"), (7, "tool_use")], "final"),
        ("2.0.76", [(4, None), (91, "tool_use")], "final"),
        ("2.1.80", [(4, "end_turn"), (91, None)], "max_seen"),
        ("2.1.17", [(3, None), (8, None)], "placeholder"),
        ("2.1.38", [(9, None), (9, None)], "placeholder"),
        ("2.1.38", [(9, None), (243, None)], "max_seen"),
        ("2.1.38", [(406, None)], "max_seen"),
    ],
)
def test_the_count_of_output_tokens_is_final_only_with_a_stop_reason(
    version: str, lines: list[tuple[int, str | None]], quality: str
) -> None:
    chat = Chat(version=version)
    chat.prompt(0)
    for at, (tokens, stop) in enumerate(lines, 1):
        chat.answer(at, "1", stop=stop, usage={"output_tokens": tokens})
    assert chat.read().spans[ONE]["output_quality"] == quality


@pytest.mark.parametrize(
    ("usage", "names"),
    [
        ({"input_tokens": -1, "output_tokens": 3}, "input_tokens"),
        ({"input_tokens": 1, "output_tokens": 2**60}, "output_tokens"),
        ({"input_tokens": 1, "output_tokens": 1.5}, "output_tokens"),
        ({"input_tokens": -7, "cache_read_input_tokens": 1e300}, "input_tokens, cache_read_input_tokens"),
    ],
)
def test_a_number_that_counts_no_tokens_is_unknown_and_told(usage: dict[str, float], names: str) -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", usage=usage)
    reading = chat.read()
    finding = reading.findings["usage_unusable"]
    assert (finding["count"], finding["line"]) == (names.count(",") + 1, 2)
    assert finding["example"].endswith(f": {names}")
    sound = {name for name in usage if name not in names.split(", ")}
    request = reading.spans[ONE]
    assert (request["input_tokens"] is not None) == ("input_tokens" in sound)
    assert (request["output_tokens"] is not None) == ("output_tokens" in sound)


def test_usage_that_is_whole_or_left_out_is_no_finding() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", usage={"input_tokens": 0, "output_tokens": 3.0, "cache_read_input_tokens": None})
    assert "usage_unusable" not in chat.read().findings


def test_why_the_cache_was_missed_is_told() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", body={"diagnostics": {"cache_miss_reason": {"type": "tools_changed"}}})
    assert chat.read().spans[ONE]["cache_miss_reason"] == "tools_changed"


def test_an_answer_by_the_program_itself_is_no_request() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "x", model="<synthetic>", isApiErrorMessage=True)
    reading = chat.read()
    assert reading.of("request") == []
    assert reading.findings["synthetic_answer"]["count"] == 1


def test_without_a_request_id_the_message_names_it_and_a_nameless_line_is_alone() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", requestId=None)
    chat.answer(2, "1", requestId=None)
    nameless = [chat.answer(at, "", body={"id": None}, requestId=None) for at in (3, 4)]
    keys = {span["span_key"] for span in chat.read().of("request")}
    assert keys == {"req:msg_1", *(f"req:{uuid}" for uuid in nameless)}


def test_parallel_tools_all_feed_the_next_request_which_waits_for_the_last() -> None:
    """Each result hangs on its own call, so the chain holds only one of them."""
    chat = Chat()
    chat.prompt(0)
    first = chat.answer(1, "1", call("t1"), stop="tool_use")
    second = chat.answer(1.5, "1", call("t2"), stop="tool_use")
    chat.result(9, "t2", parent=second)
    chat.result(4, "t1", parent=first)
    chat.answer(12, "2")
    reading = chat.read()
    assert reading.linked("tool_result") == {("tool:t1", TWO), ("tool:t2", TWO)}
    assert reading.bounds(TWO) == (9, 12)
    assert reading.spans[TWO]["trigger"] == "tool_result"


def test_results_that_are_chained_are_all_waited_for() -> None:
    chat = Chat(version="2.0.76")
    chat.prompt(0)
    chat.answer(1, "1", call("t1"))
    chat.answer(2, "1", call("t2"))
    chat.result(5, "t1")
    chat.result(4, "t2")
    chat.answer(7, "2")
    assert chat.read().bounds(TWO) == (5, 7)


def test_a_result_before_the_end_of_the_answer_lets_the_tool_hang_on_a_mark() -> None:
    chat = Chat()
    chat.prompt(0)
    called = chat.answer(1, "1", call("t1"), stop="tool_use")
    chat.result(2, "t1", parent=called)
    chat.answer(6, "1", call("t2"), stop="tool_use", parent=called)
    chat.result(8, "t2")
    chat.answer(9, "2")
    reading = chat.read()
    assert reading.bounds(ONE) == (0, 6)
    uses = {link["to_key"]: link["at_ns"] for link in reading.links if link["rule"] == "tool_use"}
    assert uses == {"tool:t1": ns(1), "tool:t2": None}
    marks = {mark["refers_to_key"]: mark["t_ns"] for mark in reading.marks if mark["kind"] == "tool_call"}
    assert marks == {"tool:t1": ns(1), "tool:t2": ns(6)}


def test_where_the_chain_is_broken_the_record_before_in_its_lane_is_the_bound() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1")
    chat.answer(5, "2", parent="lost")
    reading = chat.read()
    assert reading.bounds(TWO) == (1, 5)
    assert reading.findings["chain_broken"]["count"] == 1


def test_a_first_line_that_lost_its_time_does_not_hide_the_cause() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", text())
    chat.answer(2, "1", text())
    del chat.records[1]["timestamp"]
    reading = chat.read()
    assert reading.bounds(ONE) == (0, 2)
    assert reading.spans[ONE]["trigger"] == "user_message"


def test_a_chain_that_leads_in_a_circle_ends() -> None:
    chat = Chat()
    chat.add("attachment", 1, "b", uuid="a")
    chat.add("attachment", 2, "a", uuid="b")
    chat.answer(3, "1")
    assert chat.read().bounds(ONE) == (2, 3)


def test_a_circle_does_not_cost_other_requests_their_cause() -> None:
    chat = Chat()
    chat.add("attachment", 1, "b", uuid="a")
    chat.add("attachment", 2, "a", uuid="b")
    chat.answer(3, "1")
    chat.prompt(10)
    chat.answer(14, "2")
    reading = chat.read()
    assert reading.bounds(TWO) == (10, 14)
    assert reading.spans[TWO]["trigger"] == "user_message"


def test_the_order_of_lines_in_the_file_does_not_matter() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", text(), stop="tool_use")
    called = chat.answer(2, "1", call("t1"), stop="tool_use")
    chat.result(3, "t1", parent=called)
    chat.answer(5, "1", call("t2"), stop="tool_use")
    chat.result(6, "t2")
    chat.answer(9, "2")
    straight = chat.read().spans
    chat.records.reverse()
    for key, span in chat.read().spans.items():
        assert {**straight[key], "line": None} == {**span, "line": None}


def test_a_long_chain_walked_again_and_again_ends() -> None:
    chat = Chat()
    chat.prompt(0)
    for at in range(3_000):
        chat.add("attachment", at, attachment={"type": "diagnostics"})
    tail = chat.last
    for number in range(1_500):
        chat.answer(4_000 + number, str(number), parent=tail)
    assert len(chat.read().of("request")) == 1_500


def test_the_user_stops_a_request_before_its_first_word() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1"), stop="tool_use")
    chat.result(3, "t1")
    stopped = chat.prompt(7, "[Request interrupted by user]")
    reading = chat.read()
    attempt = reading.spans[f"attempt:{stopped}"]
    assert (attempt["purpose"], attempt["status"]) == ("failed_attempt", "cancelled")
    assert reading.bounds(f"attempt:{stopped}") == (3, 7)


def test_the_user_stops_an_answer_in_the_middle() -> None:
    chat = Chat(version="2.1.38")
    chat.prompt(0)
    chat.answer(1, "1", stop=None)
    chat.prompt(4, "[Request interrupted by user]")
    reading = chat.read()
    assert reading.spans[ONE]["status"] == "cancelled"
    assert reading.bounds(ONE) == (0, 4)


def test_records_that_were_read_before_count_once() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1")
    again = chat.content + chat.content
    reading = read(again)
    assert len(reading.of("request")) == 1
    assert reading.findings["duplicate_record"]["count"] == 2


def test_answers_that_all_hang_on_the_prompt_came_one_after_another() -> None:
    """As iFlow writes them: parents name the prompt, so that only times tell the order."""
    chat = Chat()
    prompt = chat.prompt(0)
    chat.answer(10, "1", call("a"), parent=prompt)
    chat.answer(11, "2", call("b"), parent=prompt)
    chat.result(13, "a", parent=prompt)
    chat.result(14, "b", parent=prompt)
    chat.answer(20, "3", call("c"), parent=prompt)
    chat.result(21, "c", parent=prompt)
    chat.answer(25, "4", parent=prompt)
    reading = chat.read()
    bounds = [reading.bounds(f"req:msg_{n}:req_{n}") for n in "1234"]
    assert bounds == [(0, 10), (10, 11), (14, 20), (21, 25)]
    assert [reading.spans[f"req:msg_{n}:req_{n}"]["trigger"] for n in "1234"] == [
        "user_message",
        "other",
        "tool_result",
        "tool_result",
    ]
    assert reading.linked("tool_result") == {
        ("tool:a", "req:msg_3:req_3"),
        ("tool:b", "req:msg_3:req_3"),
        ("tool:c", "req:msg_4:req_4"),
    }


def test_answers_to_one_prompt_that_were_written_at_the_same_time_ran_at_the_same_time() -> None:
    chat = Chat()
    prompt = chat.prompt(0)
    chat.answer(3, "1", text(), parent=prompt)
    chat.answer(4, "2", text(), parent=prompt)
    chat.answer(5, "1", call("a"), parent=prompt)
    reading = chat.read()
    assert (reading.bounds(ONE), reading.bounds(TWO)) == ((0, 5), (0, 4))


def test_a_usage_of_zeros_counts_nothing() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", usage={"input_tokens": 0, "output_tokens": 0})
    chat.answer(2, "2", usage={"input_tokens": 0, "output_tokens": 7})
    chat.answer(3, "3", usage={"input_tokens": 9, "output_tokens": 0})
    reading = chat.read()
    requests = [reading.spans[f"req:msg_{n}:req_{n}"] for n in "123"]
    assert [request["input_tokens"] for request in requests] == [None, None, 9]
    assert [request["output_tokens"] for request in requests] == [None, 7, 0]
    assert reading.findings["usage_of_zeros"]["count"] == 2
