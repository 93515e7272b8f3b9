"""Subagents: in files of their own, inline, or copied into progress; waited for, or in the background."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import agenttrace
from agenttrace.critical_path.analysis import analyze
from agenttrace.model.trace import Trace
from contract.table_rows import frame
from unit.ingest.claude_code.chat import Chat, Reading, call, ns, read, stamp

NEWS = "<task-notification>\n<task-id>{}</task-id>\n<tool-use-id>{}</tool-use-id>\n<status>completed</status>"


def _spawning(outcome: dict[str, Any] | None, name: str = "Agent", **inputs: Any) -> Chat:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1", name, **inputs), stop="tool_use")
    chat.result(60, "t1", outcome)
    chat.answer(65, "2")
    return chat


def _of_a1(parent: str | None = None) -> Chat:
    chat = Chat(agent="a1", prefix="a", last=parent)
    chat.prompt(2, "look at it")
    chat.answer(10, "a1", call("t9", "Read"), stop="tool_use")
    chat.result(11, "t9")
    chat.answer(59, "a2")
    return chat


def test_the_parent_tells_of_the_agent_that_its_call_spawned() -> None:
    outcome = {"status": "completed", "agentId": "a1", "totalDurationMs": 58_000}
    reading = _spawning(outcome, subagent_type="Explore").read()
    agent = reading.agents["s1:a1"]
    assert agent["spawn_key"] == "tool:t1"
    assert (agent["parent_agent_key"], agent["source_id"]) == ("s1:main", "a1")
    assert (agent["type"], agent["background"], agent["main"]) == ("Explore", False, False)
    assert reading.agents["s1:main"]["main"] is True


def test_its_own_file_has_the_session_of_its_parent_and_a_lane_of_its_own() -> None:
    reading = _of_a1().read()
    assert {span["session_key"] for span in reading.spans.values()} == {"claude:s1"}
    assert {span["agent_key"] for span in reading.spans.values()} == {"s1:a1"}
    assert set(reading.agents) == {"s1:a1"}
    assert reading.bounds("req:msg_a1:req_a1") == (2, 10)
    assert reading.sessions[0]["first_prompt_fingerprint"] is None


def test_the_small_file_beside_it_names_its_call(tmp_path: Path) -> None:
    file = tmp_path / "agent-a1.jsonl"
    file.write_bytes(_of_a1().content)
    beside = {"agentType": "Explore", "toolUseId": "t1", "spawnDepth": 1}
    (tmp_path / "agent-a1.meta.json").write_text(json.dumps(beside))
    agent = read(file).agents["s1:a1"]
    assert (agent["spawn_key"], agent["type"]) == ("tool:t1", "Explore")


def test_agents_of_a_workflow_hang_on_its_run(tmp_path: Path) -> None:
    folder = tmp_path / "subagents" / "workflows" / "wf_1"
    folder.mkdir(parents=True)
    (folder / "agent-a1.jsonl").write_bytes(_of_a1().content)
    assert read(folder / "agent-a1.jsonl").agents["s1:a1"]["spawn_key"] == "background:wf_1"


def test_inline_records_make_the_same_rows_as_a_file_of_their_own() -> None:
    main = _spawning({"status": "completed", "agentId": "a1"})
    both = read(main.content + _of_a1().content)
    alone = _of_a1().read()
    for key, span in alone.spans.items():
        assert {**both.spans[key], "line": None} == {**span, "line": None}
    assert both.agents["s1:a1"]["spawn_key"] == "tool:t1"


def test_inline_records_without_an_agent_id_are_told_apart_by_their_chains() -> None:
    main = _spawning(None, name="Task", prompt="look at it", subagent_type="general")
    inline = Chat(agent="x", prefix="i")
    inline.prompt(2, "look at it")
    inline.answer(30, "a1")
    for record in inline.records:
        del record["agentId"]
    reading = read(main.content + inline.content)
    lane = reading.spans["req:msg_a1:req_a1"]["agent_key"]
    assert lane == "s1:sidechain-i1"
    assert (reading.agents[lane]["spawn_key"], reading.agents[lane]["type"]) == ("tool:t1", "general")


def _copied() -> Chat:
    """The parent's file with copies of the subagent's tool calls and results, as early versions wrote it."""
    chat = Chat(version="2.1.38")
    chat.prompt(0)
    chat.answer(1, "1", call("t1", "Task", subagent_type="Explore"))
    for record in _of_a1().records[:3]:
        kept = {
            key: record[key] for key in ("type", "uuid", "timestamp", "requestId", "message") if key in record
        }
        progress = {"type": "agent_progress", "agentId": "a1", "prompt": "", "message": kept}
        chat.add("progress", 12, data=progress, parentToolUseID="t1", toolUseID="agent_msg_1")
    chat.result(60, "t1", {"status": "completed", "agentId": "a1"}, parent=chat.records[1]["uuid"])
    chat.answer(65, "2")
    return chat


def test_copies_in_the_parents_file_make_the_rows_of_the_agents_own() -> None:
    copied, own = _copied().read(), _of_a1().read()
    for key in ("req:msg_a1:req_a1", "tool:t9"):
        assert copied.bounds(key) == own.bounds(key)
        assert copied.spans[key]["agent_key"] == "s1:a1"
        assert copied.spans[key]["trigger"] == own.spans[key]["trigger"]
    assert copied.agents["s1:a1"]["spawn_key"] == "tool:t1"
    assert copied.bounds("req:msg_2:req_2") == (60, 65)


def _background(delivery: str) -> Reading:
    return _with_background(delivery).read()


def _with_background(delivery: str) -> Chat:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1", "Agent", subagent_type="Explore", run_in_background=True), stop="tool_use")
    chat.result(1.2, "t1", {"isAsync": True, "status": "async_launched", "agentId": "a1"})
    chat.answer(3, "2", call("t2"), stop="tool_use")
    chat.result(30, "t2")
    news = NEWS.format("a1", "t1")
    if delivery == "attachment":
        chat.add("attachment", 25, attachment={"type": "queued_command", "prompt": news})
    else:
        chat.answer(31, "3")
        chat.system(31, "turn_duration", durationMs=31_000)
        chat.queue(80, "enqueue", news)
        chat.prompt(80.1, news, origin={"kind": "task-notification"})
    chat.answer(85, "4")
    return chat


def test_an_agent_of_which_no_file_tells_runs_from_its_launch_until_it_is_heard_of(tmp_path: Path) -> None:
    trace = _read_together(tmp_path, main=_with_background("prompt"))
    agent = frame(trace.spans).filter(kind="agent", own_phase="tool").row(0, named=True)
    assert (agent["start_ns"], agent["end_ns"]) == (ns(1.2), ns(80))
    assert (agent["agent"], agent["name"], agent["blocking"]) == (1, "Explore", False)
    assert {agent["start_evidence"], agent["end_evidence"]} == {"bounded"}


def test_the_wait_for_such_an_agent_is_no_time_of_the_harness(tmp_path: Path) -> None:
    trace = _read_together(tmp_path, main=_with_background("prompt"))
    (session,) = analyze(trace).sessions.rows(named=True)
    assert session["path_harness_ns"] == 100_000_000
    assert session["evidence_bounded_ns"] == session["wall_ns"]


def test_a_file_alone_does_not_say_what_others_may_tell() -> None:
    assert _background("prompt").of("agent") == []


def _read_together(folder: Path, **chats: Chat) -> Trace:
    for name, chat in chats.items():
        (folder / f"{name}.jsonl").write_bytes(chat.content)
    return agenttrace.read(folder)


def test_an_agent_that_has_records_in_another_file_is_told_by_them_alone(tmp_path: Path) -> None:
    trace = _read_together(tmp_path, main=_with_background("prompt"), agent=_of_a1())
    spans = frame(trace.spans).filter(kind="agent")
    assert spans["own_phase"].to_list() == [None, None]
    assert sorted(spans["end_ns"].to_list()) == [ns(59), ns(85)]


def test_an_agent_whose_end_nobody_used_has_no_span(tmp_path: Path) -> None:
    chat = _with_background("prompt")
    del chat.records[-2:]
    assert frame(_read_together(tmp_path, main=chat).spans).filter(own_phase="tool").is_empty()


def test_an_agent_in_the_background_joins_where_its_news_is_delivered() -> None:
    for delivery in ("attachment", "prompt"):
        reading = _background(delivery)
        assert reading.agents["s1:a1"]["background"] is True
        assert reading.linked("task-notification") == {("s1:a1", "req:msg_4:req_4")}
        assert reading.bounds("tool:t1") == (1, 1.2)
        assert reading.of("user_wait") == []


def test_a_request_that_news_set_off_starts_with_it() -> None:
    reading = _background("prompt")
    assert reading.bounds("req:msg_4:req_4") == (80.1, 85)
    assert reading.spans["req:msg_4:req_4"]["trigger"] == "other"


def test_an_agent_that_was_asked_for_its_output_joins_there() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1", "Agent"), stop="tool_use")
    chat.result(1.2, "t1", {"status": "async_launched", "agentId": "a1"})
    chat.answer(3, "2", call("t2", "TaskOutput", task_id="a1"), stop="tool_use")
    chat.result(60, "t2", {"retrieval_status": "success", "task": {"task_id": "a1", "status": "completed"}})
    chat.answer(63, "3")
    assert chat.read().linked("task-output") == {("s1:a1", "req:msg_3:req_3")}


def test_a_command_in_the_background_is_a_span_from_its_launch_to_its_news() -> None:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1", "Bash", run_in_background=True), stop="tool_use")
    chat.result(1.1, "t1", {"stdout": "", "backgroundTaskId": "b1"})
    chat.answer(3, "2")
    chat.queue(40, "enqueue", NEWS.format("b1", "t1"))
    chat.prompt(40.1, NEWS.format("b1", "t1"), origin={"kind": "task-notification"})
    chat.answer(45, "3")
    reading = chat.read()
    (span,) = reading.of("other")
    assert reading.bounds(span["span_key"]) == (1.1, 40)
    assert (span["own_phase"], span["blocking"], span["agent_key"]) == ("tool", False, "s1:main")
    assert reading.linked("task-notification") == {(span["span_key"], "req:msg_3:req_3")}


def test_news_of_something_that_is_not_in_the_file_is_counted() -> None:
    chat = Chat()
    chat.prompt(0, NEWS.format("zz", "tt"))
    chat.answer(1, "1")
    assert chat.read().findings["unknown_task"]["count"] == 1


def test_agents_that_serve_the_program_itself_make_side_requests() -> None:
    chat = Chat(agent="aprompt_suggestion-1a2b3c")
    chat.prompt(0)
    chat.answer(1, "1")
    reading = chat.read()
    assert reading.of("request")[0]["purpose"] == "side_request"
    agent = reading.agents["s1:aprompt_suggestion-1a2b3c"]
    assert (agent["type"], agent["background"]) == ("prompt_suggestion", True)


def test_time_stamps_of_copies_are_their_own() -> None:
    chat = _copied()
    chat.records[2]["timestamp"] = stamp(50)
    assert chat.read().bounds("req:msg_a1:req_a1") == (2, 10)


def test_what_a_foreign_tool_keeps_under_the_same_names_launches_no_agent() -> None:
    chat = _spawning({"status": "async_launched", "agentId": "a1"}, name="mcp__tracker__create")
    assert set(chat.read().agents) == {"s1:main"}
    chat.records.reverse()
    assert set(chat.read().agents) == {"s1:main"}
