"""opencode 2: messages with their content in themselves, from its database or an export."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from unit.ingest.readings import WRONG, Reading, read_content, read_source

SAMPLES = Path(__file__).resolve().parents[4] / "sample_traces" / "opencode"
STORE = SAMPLES / "opencode-2.db"
EPOCH_MS = 1_772_400_000_000
EPOCH_NS = EPOCH_MS * 1_000_000
TOKENS = {"input": 20, "output": 7, "reasoning": 3, "cache": {"read": 70, "write": 10}}
SCHEMA = """
CREATE TABLE `session_v2` (`id` text PRIMARY KEY, `parent_id` text, `fork_session_id` text);
CREATE TABLE `session_message` (`id` text PRIMARY KEY, `session_id` text, `type` text, `seq` integer,
    `time_created` integer, `time_updated` integer, `data` text);
"""


def ms(seconds: float) -> int:
    return EPOCH_MS + round(seconds * 1000)


def user(at: float, message_id: str = "msg_1") -> dict[str, Any]:
    return {"id": message_id, "type": "user", "time": {"created": ms(at)}, "text": "made up"}


def answer(*content: dict[str, Any], message_id: str = "msg_2", **told: Any) -> dict[str, Any]:
    times = {name: ms(told.pop(name)) for name in ("created", "streamed", "completed") if name in told}
    model = {"id": "m", "providerID": "p"}
    known = {"id": message_id, "type": "assistant", "time": times, "agent": "build", "model": model}
    return {**known, "content": list(content), "tokens": TOKENS, **told}


def tool(status: str = "completed", metadata: Any = None, **times: float) -> dict[str, Any]:
    state = {"status": status, "input": {}, "metadata": metadata or {}}
    stated = {name: ms(at) for name, at in times.items()}
    return {"type": "tool", "id": "c", "name": "shell", "executed": False, "state": state, "time": stated}


def thought(start: float, end: float) -> dict[str, Any]:
    return {"type": "reasoning", "text": "made up", "time": {"created": ms(start), "completed": ms(end)}}


def export(*messages: Any, **info: Any) -> Reading:
    session = {"id": "ses_1", "time": {"created": ms(0)}, **info}
    content = json.dumps({"info": session, "messages": list(messages)}).encode()
    assert recognise(Source("x", content)).id == "opencode"
    return read_content("opencode", content)


def bounds(found: Reading, key: str) -> tuple[float | None, float | None]:
    return found.bounds(key, EPOCH_NS)


def evidence(found: Reading, key: str) -> tuple[str, str]:
    return found.spans[key]["start_evidence"], found.spans[key]["end_evidence"]


def test_an_answer_ends_when_it_was_complete_and_its_tools_run_beside_and_after_it() -> None:
    call = tool(created=3, ran=4, completed=9)
    found = export(user(0), answer(thought(2, 3), call, created=1, streamed=5, completed=9.1))

    assert bounds(found, "msg_2") == (1, 5)
    assert evidence(found, "msg_2") == ("bounded", "measured")
    assert bounds(found, "tool:msg_2:1") == (4, 9)
    assert found.spans["msg_2"]["first_token_ns"] == EPOCH_NS + 2 * 10**9
    (mark,) = found.marks
    assert (mark["t_ns"], mark["refers_to_key"]) == (EPOCH_NS + 4 * 10**9, "tool:msg_2:1")
    assert [(link["from_key"], link["at_ns"]) for link in found.links] == [("msg_2", EPOCH_NS + 4 * 10**9)]
    assert found.records == 2


def test_its_tokens_include_what_was_read_from_the_cache_and_what_was_thought() -> None:
    row = export(answer(created=1, streamed=2, completed=2)).spans["msg_2"]

    assert [row[name] for name in ("input_tokens", "cache_read_tokens", "cache_write_tokens")] == [
        100,
        70,
        10,
    ]
    assert [row[name] for name in ("output_tokens", "reasoning_tokens")] == [10, 3]
    assert row["model"] == "m"


@pytest.mark.parametrize(
    ("content", "end", "known"),
    [
        ([{"type": "text", "text": "made up"}], 9, "bounded"),
        ([thought(2, 3), tool(created=4, ran=5, completed=8)], 5, "bounded"),
    ],
)
def test_one_that_does_not_tell_when_it_was_complete_has_a_bound(
    content: list[dict[str, Any]], end: float, known: str
) -> None:
    found = export(answer(*content, created=1, completed=9))

    assert bounds(found, "msg_2") == (1, end)
    assert evidence(found, "msg_2") == ("bounded", known)


@pytest.mark.parametrize(
    ("first", "at"),
    [(thought(2, 3), 2), (tool(created=2.5, ran=4, completed=5), 2.5), ({"type": "text", "text": ""}, None)],
)
def test_the_first_token_is_told_by_what_has_times(first: dict[str, Any], at: float | None) -> None:
    found = export(answer(first, created=1, streamed=5, completed=6)).spans["msg_2"]["first_token_ns"]

    assert found == (None if at is None else EPOCH_NS + int(at * 10**9))


def test_what_the_user_adds_meanwhile_belongs_to_the_turn() -> None:
    found = export(
        user(0),
        answer(tool(created=2, ran=3, completed=8), created=1, streamed=3, completed=8),
        user(5, "msg_3"),
        answer(created=8.1, streamed=9, completed=9, message_id="msg_4"),
        {"id": "msg_5", "type": "idle", "time": {"created": ms(9.5)}, "outcome": "succeeded"},
        user(20, "msg_6"),
        answer(created=20.1, streamed=22, completed=22, message_id="msg_7"),
    )

    assert bounds(found, "msg_1") == (0, 9.5)
    assert evidence(found, "msg_1") == ("measured", "measured")
    assert (found.spans["msg_3"]["kind"], found.spans["msg_3"]["parent_key"]) == ("other", "msg_1")
    assert bounds(found, "msg_3") == (5, 5)
    assert found.spans["msg_4"]["parent_key"] == "msg_1"
    assert bounds(found, "msg_6") == (20, None)
    assert found.spans["msg_7"]["parent_key"] == "msg_6"


def test_a_call_that_could_not_be_run_has_no_length() -> None:
    call = tool("error", created=2, completed=3)
    call["state"]["error"] = {"type": "tool.input-json", "message": "made up"}
    found = export(answer(call, created=1, streamed=4, completed=4))

    assert bounds(found, "tool:msg_2:0") == (3, 3)
    assert found.spans["tool:msg_2:0"]["status"] == "error"


@pytest.mark.parametrize("status", ["completed", "running"])
def test_a_subagent_is_a_session_of_its_own(status: str) -> None:
    call = tool(created=2, ran=3, completed=9, metadata={"sessionID": "ses_2", "status": status})
    found = export(answer(call, created=1, streamed=3, completed=9))

    assert ("opencode:ses_1", "opencode:ses_2") in found.edges
    child = found.agents["ses_2"]
    assert (child["parent_agent_key"], child["spawn_key"]) == ("ses_1", "tool:msg_2:0")
    assert child["background"] is (True if status == "running" else None)


def test_what_a_fork_repeats_is_left_out() -> None:
    copies = [{**user(0), "id": "msg_f_0"}, answer(created=1, streamed=2, completed=2, message_id="msg_f_1")]
    own = [user(10, "msg_9"), answer(created=11, streamed=12, completed=12, message_id="msg_10")]
    found = export(*copies, *own, fork={"sessionID": "ses_0"})

    assert found.spans.keys() == {"msg_9", "msg_10"}
    assert found.findings["copied_history"]["count"] == 2
    assert export(*copies, *own).spans.keys() == {"msg_f_0", "msg_f_1", "msg_9", "msg_10"}


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"id": "msg_1", "type": "later"}, "unknown_record"),
        ({"type": "user"}, "message_without_id"),
        (
            {"id": "msg_1", "type": "compaction", "error": {"type": "compaction.unavailable"}},
            "compaction_not_needed",
        ),
    ],
)
def test_what_tells_nothing_is_told(message: dict[str, Any], code: str) -> None:
    assert export(message).findings.keys() == {code}


def test_the_database_gives_what_the_export_gives_and_the_end_of_compactions() -> None:
    stored = read_source("opencode", Source(str(STORE)))
    exported = read_source("opencode", Source(str(SAMPLES / "export-2.json")))
    ends = {"msg_m09", "compaction:msg_m09"}

    for key, row in exported.spans.items():
        ours = {**stored.spans[key], "line": row["line"]}
        if key in ends:
            assert bounds(stored, key)[1] == 65.9
            ours |= {"end_ns": None, "end_evidence": "unknown"}
        assert ours == row
    assert {
        key for key, row in stored.spans.items() if row["agent_key"] == "ses_main2"
    } == exported.spans.keys()
    assert stored.records == 46


def test_a_session_that_version_1_began_is_there_once() -> None:
    found = read_source("opencode", Source(str(STORE)))

    old = {key for key, row in found.spans.items() if row["agent_key"] == "ses_old2"}
    assert old == {"msg_o01", "msg_o02", "msg_o04", "msg_o05"}
    assert evidence(found, "msg_o02") == (
        "bounded",
        "measured",
    )  # the end of its text, which only version 1 keeps


def test_its_wall_time_is_what_was_written_down() -> None:
    found = analyze(read(SAMPLES / "opencode-2.db"))

    walls = {row["session"]: row["end_ns"] - row["start_ns"] for row in read(STORE).sessions.to_pylist()}
    assert walls == {"ses_main2": 82_200_000_000, "ses_fork2": 3_200_000_000, "ses_old2": 55_200_000_000}
    phases: dict[str, int] = {}
    for row in found.segments.filter(found.segments["session"] == "ses_main2").to_dicts():
        phases[row["phase"]] = phases.get(row["phase"], 0) + row["end_ns"] - row["start_ns"]
    assert phases["user"] == 29_800_000_000  # 28.2 to 40 and 42 to 60
    assert (
        phases["tool"] == 4_800_000_000
    )  # .05 + .5 + .05 around and in the subagent, 2.2, and 2 of the user


@pytest.mark.parametrize(
    "name", ["id", "time", "content", "tokens", "model", "error", "type", "metadata", "status"]
)
def test_values_of_other_types_cost_themselves(name: str) -> None:
    for wrong in WRONG:
        for message in json.loads((SAMPLES / "export-2.json").read_bytes())["messages"]:
            export({**message, name: wrong})
            parts = [{**part, name: wrong} for part in message.get("content", [])]
            export({**message, "content": [*parts, wrong]})
            export({**message, "content": [{**part, "state": {name: wrong}} for part in parts]})


def test_rows_of_other_types_cost_themselves(tmp_path: Path) -> None:
    rows = [
        ("msg_1", "ses_1", "user", 1, 0, 0, json.dumps(user(0))),
        ("msg_2", "ses_1", "user", 2, 0, 0, "no JSON"),
        (None, "ses_1", "user", 3, 0, 0, "{}"),
        ("msg_4", None, "user", 4, 0, 0, "{}"),
        ("msg_5", "ses_1", "user", "x", b"\xff", 0, json.dumps(user(5))),
    ]
    with closing(sqlite3.connect(tmp_path / "a.db")) as made:
        made.executescript(SCHEMA)
        made.executemany("INSERT INTO session_message VALUES (?,?,?,?,?,?,?)", rows)
        made.commit()
    found = read_source("opencode", Source(str(tmp_path / "a.db")))

    assert found.spans.keys() == {"msg_1", "msg_5"}
    assert found.findings["message_without_id"]["count"] == 2
    assert found.findings["broken_document"]["count"] == 1
    assert found.records == 5
