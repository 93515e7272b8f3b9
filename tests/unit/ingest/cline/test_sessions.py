"""Sessions of Cline's newer versions: answers and results have the times at which they were complete."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from unit.ingest.readings import WRONG, Reading, read_content

SAMPLE = Path(__file__).resolve().parents[4] / "sample_traces" / "cline" / "session"
EPOCH_MS = 1_772_500_000_000
EPOCH_NS = EPOCH_MS * 1_000_000


def session(*messages: Any, **told: Any) -> Reading:
    document = {"version": 1, "agent": "lead", "sessionId": "s_1", "messages": list(messages), **told}
    content = json.dumps(document).encode()
    assert recognise(Source("x", content)).id == "cline"
    return read_content("cline", content)


def said(at: float, **told: Any) -> dict[str, Any]:
    content = [{"type": "text", "text": "made up"}]
    return {"role": "user", "ts": EPOCH_MS + round(at * 1000), "content": content, **told}


def answer(
    at: float, *calls: str, message_id: str = "msg_2", metrics: dict[str, int] | None = None
) -> dict[str, Any]:
    content = [{"type": "tool_use", "id": call, "name": "read_files", "input": {}} for call in calls]
    told = {
        "id": message_id,
        "content": content,
        "metrics": metrics,
        "modelInfo": {"id": "m", "provider": "p"},
    }
    return {"role": "assistant", "ts": EPOCH_MS + round(at * 1000), **told}


def result(at: float, call: str, **told: Any) -> dict[str, Any]:
    content = [{"type": "tool_result", "tool_use_id": call, "content": "made up", **told}]
    return {**said(at), "content": content}


def test_a_request_ends_with_its_answer_and_began_not_before_what_it_answers() -> None:
    found = session(said(0), answer(4, "c"), result(6, "c"), answer(9, message_id="msg_4"))

    assert [found.bounds(key, EPOCH_NS) for key in ("msg_2", "tool:c", "msg_4")] == [(0, 4), (4, 6), (6, 9)]
    evidence = [(row["start_evidence"], row["end_evidence"]) for row in found.spans.values()]
    assert evidence == [("bounded", "measured")] * 3
    assert [row["trigger"] for row in found.of("request")] == ["user_message", "tool_result"]
    assert found.linked("tool_use") == {("msg_2", "tool:c")}
    assert found.linked("tool_result") == {("tool:c", "msg_4")}
    assert found.records == 4


@pytest.mark.parametrize(
    ("given", "read", "total"), [(35_912, 34_332, 35_912), (21, 34_332, 34_353)], ids=["with", "without"]
)
def test_the_prompt_holds_what_was_cached_unless_it_is_too_small_to(
    given: int, read: int, total: int
) -> None:
    metrics = {"inputTokens": given, "outputTokens": 164, "cacheReadTokens": read, "cacheWriteTokens": 0}
    row = session(said(0), answer(4, metrics=metrics)).spans["msg_2"]

    assert (row["input_tokens"], row["cache_read_tokens"], row["output_tokens"]) == (total, read, 164)
    assert row["model"] == "m"


def test_what_the_program_adds_for_the_model_is_no_prompt() -> None:
    added = said(5, metadata={"userRunSpan": 0, "displayRole": "system"})
    found = session(said(0), answer(4, "c"), result(4.5, "c"), added, answer(9, message_id="msg_4"))

    assert found.bounds("msg_4", EPOCH_NS) == (5, 9)
    assert [row["trigger"] for row in found.of("request")] == ["user_message", "tool_result"]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"is_error": True}, "error"),
        ({}, "ok"),
        ({"content": [{"query": "a", "success": True}, {"query": "b", "success": False}]}, "error"),
        ({"content": [{"query": "a", "success": True}, "b", {"success": "false"}]}, "ok"),
    ],
)
def test_a_result_says_how_its_tool_ended(told: dict[str, Any], status: str) -> None:
    assert session(answer(4, "c"), result(6, "c", **told)).spans["tool:c"]["status"] == status


def test_a_call_without_a_result_never_returned() -> None:
    row = session(said(0), answer(4, "c")).spans["tool:c"]

    assert (row["end_ns"], row["status"]) == (None, "unfinished")


def test_a_subagent_is_in_the_session_of_its_root() -> None:
    found = session(said(0), answer(4), sessionId="s_1__agent_2", agent="subagent")
    agent = found.agents["s_1__agent_2"]

    assert {row["session_key"] for row in found.spans.values()} == {"cline:s_1"}
    assert (agent["parent_agent_key"], agent["main"], agent["type"]) == ("s_1", False, "subagent")


def test_a_folder_of_one_is_one_session() -> None:
    trace = read(SAMPLE)
    sessions = analyze(trace).sessions

    assert trace.findings.num_rows == 0
    assert sessions["wall_ns"].to_list() == [73 * 10**9]
    assert (sessions["requests"].sum(), sessions["tool_calls"].sum(), sessions["subagents"].sum()) == (
        6,
        4,
        1,
    )
    assert sessions["path_user_ns"].to_list() == [34 * 10**9]  # from 26 to 60
    assert sessions["path_tool_ns"].to_list() == [
        (7 + 3 + 1.5 + 1) * 10**9
    ]  # the last two around the subagent


def test_a_fork_may_repeat_the_messages_of_its_origin(tmp_path: Path) -> None:
    for name, fork in (("a", {}), ("b", {"metadata": {"fork": {"forkedFromSessionId": "a"}}})):
        own = answer(40 if fork else 30, message_id=f"msg_{name}")
        messages = [said(0), answer(4), said(20), own]
        document = {"version": 1, "agent": "lead", "sessionId": name, "messages": messages}
        (tmp_path / f"{name}.messages.json").write_text(json.dumps(document))
        known = {
            "session_id": name,
            "started_at": "",
            "workspace_root": "",
            "enable_spawn": True,
            "status": "x",
        }
        (tmp_path / f"{name}.json").write_text(json.dumps({**known, **fork}))
    trace = read(tmp_path)

    assert trace.spans["kind"].to_pylist().count("request") == 3
    assert [row["code"] for row in trace.findings.to_pylist()] == ["copied_history"]


@pytest.mark.parametrize("name", ["role", "ts", "content", "id", "metrics", "modelInfo", "metadata"])
def test_values_of_other_types_cost_themselves(name: str) -> None:
    messages = [said(0), answer(4, "c"), result(6, "c"), answer(9, message_id="msg_4")]
    for wrong in WRONG:
        for place, message in enumerate(messages):
            damaged = [*messages[:place], {**message, name: wrong}, *messages[place + 1 :]]
            blocks = [{**block, name: wrong, "type": wrong} for block in message["content"]]
            document = {
                "agent": "lead",
                "sessionId": "s",
                "messages": [*damaged, wrong, {**message, "content": blocks}],
            }
            read_content("cline", json.dumps(document).encode())
        read_content("cline", json.dumps({"agent": wrong, "sessionId": wrong, "messages": wrong}).encode())
