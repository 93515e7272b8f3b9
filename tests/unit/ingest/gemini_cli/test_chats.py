"""Chats of Gemini CLI: what each recorded instant means for requests, calls and waits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agenttrace.ingest.reading import read
from contract.table_rows import frame
from unit.ingest.raw_reading import SAMPLES, RawReading, Row, iso, lines, ms, read_raw

SESSION = "s-1"
HEADER = {"sessionId": SESSION, "projectHash": "0" * 8, "startTime": iso(0), "kind": "main"}
TOKENS = {"input": 100, "output": 7, "cached": 80, "thoughts": 5, "tool": 3, "total": 115}


def user(name: str, at: float, said: Any = "do it") -> Row:
    return {"id": name, "timestamp": iso(at), "type": "user", "content": said}


def answer(name: str, at: float, said: Any = "said", **more: Any) -> Row:
    known = {"model": "gemini-test", "tokens": TOKENS, "thoughts": []}
    return {"id": name, "timestamp": iso(at), "type": "gemini", "content": said, **known, **more}


def call(at: float, done: float, name: str = "read_file", **more: Any) -> Row:
    stamped = f"{name}-{ms(at)}-7266fc"
    return {"id": stamped, "name": name, "status": "success", "timestamp": iso(done), **more}


def results(name: str, at: float) -> Row:
    return user(name, at, [{"functionResponse": {"name": "read_file", "response": {}}}])


def chat(*messages: Row) -> RawReading:
    return read_raw("gemini-cli", lines([HEADER, *messages]))


def test_an_answer_ends_when_it_is_recorded_and_began_after_what_it_answers() -> None:
    reading = chat(user("u", 1), answer("a", 5, toolCalls=[call(4.9, 8)]), answer("b", 12))

    assert reading.seconds("message:a") == (1, 5)
    assert reading.evidence("message:a") == ("bounded", "measured")
    assert reading.seconds("message:b") == (8, 12)
    assert [span["trigger"] for span in reading.of("request")] == ["user_message", "tool_result"]


def test_results_that_were_sent_narrow_the_start_of_the_next_request() -> None:
    reading = chat(user("u", 1), answer("a", 5, toolCalls=[call(4.9, 8)]), results("r", 8.5), answer("b", 12))

    assert reading.seconds("message:b") == (8.5, 12)
    assert reading.spans["message:b"]["trigger"] == "tool_result"


def test_an_answer_recorded_with_its_calls_ended_when_the_last_was_read_from_the_stream() -> None:
    reading = chat(user("u", 1), answer("a", 9, "", toolCalls=[call(4, 9), call(5, 9, "write_file")]))

    assert reading.seconds("message:a") == (1, 5)
    assert reading.evidence("message:a") == ("bounded", "bounded")
    assert {reading.seconds(span["span_key"]) for span in reading.of("tool")} == {(5, 9)}


def test_such_an_answer_without_stamped_calls_ended_not_before_its_last_thought() -> None:
    thoughts = [{"timestamp": iso(3)}, {"timestamp": iso(2)}]
    tool = {"id": "call_1", "name": "x", "status": "success", "timestamp": iso(9)}
    reading = chat(user("u", 1), answer("a", 9, "", thoughts=thoughts, toolCalls=[tool]))

    assert reading.seconds("message:a") == (1, 3)
    assert reading.seconds("tool:call_1") == (3, 9)


def test_calls_recorded_apart_from_their_answer_are_no_request() -> None:
    none = dict.fromkeys(TOKENS, 0)
    apart = answer("b", 9, "", tokens=none, toolCalls=[call(5, 9)])
    info = {"id": "i", "timestamp": iso(6), "type": "info", "content": "an update"}
    reading = chat(user("u", 1), answer("a", 5), info, apart, answer("c", 12))

    assert [span["span_key"] for span in reading.of("request")] == ["message:a", "message:c"]
    (tool,) = reading.of("tool")
    assert reading.seconds(tool["span_key"]) == (5, 9)
    assert reading.linked("toolCalls") == {("message:a", tool["span_key"])}
    assert reading.linked("functionResponse") == {(tool["span_key"], "message:c")}


def test_tokens_hold_the_cached_ones_and_output_its_thoughts() -> None:
    request = chat(user("u", 1), answer("a", 5)).spans["message:a"]

    assert (request["input_tokens"], request["cache_read_tokens"]) == (103, 80)
    assert (request["output_tokens"], request["reasoning_tokens"]) == (12, 5)


def test_more_cached_tokens_than_there_are_is_told() -> None:
    reading = chat(user("u", 1), answer("a", 5, tokens={**TOKENS, "cached": 900}))

    assert reading.spans["message:a"]["cache_read_tokens"] is None
    assert "tokens_disagree" in reading.findings


def test_the_end_of_a_call_with_company_is_a_bound() -> None:
    alone = chat(user("u", 1), answer("a", 5, toolCalls=[call(4, 8)]))
    together = chat(user("u", 1), answer("a", 5, toolCalls=[call(4, 8), call(4, 8, "ls")]))

    assert [span["end_evidence"] for span in alone.of("tool")] == ["measured"]
    assert [span["end_evidence"] for span in together.of("tool")] == ["bounded", "bounded"]


def test_the_first_thought_is_marked_where_it_was_noted_as_it_came() -> None:
    streamed = chat(user("u", 1), answer("a", 5, thoughts=[{"timestamp": iso(3)}]))
    flushed = chat(user("u", 1), answer("a", 5, thoughts=[{"timestamp": iso(5)}]))

    assert [mark["kind"] for mark in streamed.marks] == ["first_block"]
    assert flushed.marks == []


def test_a_message_recorded_again_is_one_request_with_all_that_became_known() -> None:
    known = answer("a", 5, tokens=None)
    reading = chat(user("u", 1), known, {**known, "tokens": TOKENS}, {**known, "toolCalls": [call(4, 8)]})

    assert len(reading.of("request")) == len(reading.of("tool")) == 1
    assert reading.records == 5


def test_what_was_rewound_keeps_its_time() -> None:
    reading = chat(user("u", 1), answer("a", 5), {"$rewindTo": "u"}, user("v", 20), answer("b", 25))

    assert [reading.seconds(span["span_key"]) for span in reading.of("request")] == [(1, 5), (20, 25)]
    assert "rewound" in reading.findings


def test_a_snapshot_of_the_state_within_a_turn_is_a_compaction_that_began_after_the_work_before() -> None:
    snapshot = user("c", 20, [{"text": "<state_snapshot>all</state_snapshot>"}])
    got_it = {"id": "d", "timestamp": iso(20), "type": "gemini", "content": [{"text": "Got it."}]}
    rewritten = {"$set": {"messages": [snapshot, got_it]}}
    working = answer("a", 5, toolCalls=[call(4.9, 8)])
    reading = chat(user("u", 1), working, snapshot, got_it, rewritten, results("r", 20.1), answer("b", 25))

    assert reading.seconds("compaction:c") == (8, 20)
    assert reading.seconds("message:b") == (20.1, 25)
    assert reading.linked("state_snapshot") == {("compaction:c", "message:b")}
    assert len(reading.of("request")) == 2


def test_before_a_compaction_after_a_finished_turn_the_user_was_waited_for() -> None:
    snapshot = user("c", 50, "<state_snapshot>all</state_snapshot>")
    reading = chat(user("u", 1), answer("a", 5), snapshot, user("v", 51), answer("b", 55))

    assert reading.seconds("wait:c") == (5, 50)
    assert reading.seconds("compaction:c") == (None, 50)


def test_a_subagents_chat_hangs_on_the_call_that_names_it() -> None:
    trace = read([SAMPLES / "gemini-cli" / "chat.jsonl", SAMPLES / "gemini-cli" / "subagent.jsonl"])
    agents = frame(trace.agents)
    (session,) = trace.sessions.to_pylist()
    call_of = {row["span"]: row["name"] for row in trace.spans.to_pylist()}

    assert session["source_id"].startswith("33333333")
    assert agents["depth"].to_list() == [0, 1]
    assert call_of[agents["spawning_span"].to_list()[1]] == "codebase_investigator"


def test_a_chat_and_a_later_state_of_it_count_once(tmp_path: Path) -> None:
    whole = json.loads((SAMPLES / "gemini-cli" / "chat.json").read_bytes())
    early = {**whole, "messages": whole["messages"][:4]}
    (tmp_path / "early").write_text(json.dumps(early, indent=2))
    (tmp_path / "whole").write_text(json.dumps(whole, indent=2))

    both, alone = read([tmp_path / "early", tmp_path / "whole"]), read(tmp_path / "whole")

    for kind in ("request", "tool"):
        assert _count(both.spans, kind) == _count(alone.spans, kind)


def _count(spans: Any, kind: str) -> int:
    return int((frame(spans)["kind"] == kind).sum())


def test_a_field_of_another_type_costs_that_field() -> None:
    sound = chat(user("u", 1), answer("a", 5), user("v", 9), answer("b", 15))
    hurt = chat(user("u", 1), answer("a", 5, tokens={**TOKENS, "input": [1]}), user("v", 9), answer("b", 15))

    assert hurt.spans["message:b"] == sound.spans["message:b"]
    assert hurt.spans["message:a"]["output_tokens"] == 12
    assert hurt.spans["message:a"]["input_tokens"] is None
    assert hurt.findings["field_unusable"]["line"] == 3


def test_nothing_that_was_said_leaves_the_reader() -> None:
    reading = chat(user("u", 1, "SECRET"), answer("a", 5, "SECRET", toolCalls=[call(4, 8, args="SECRET")]))

    assert "SECRET" not in str(vars(reading))
