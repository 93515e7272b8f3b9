"""Version 4 of pi's sessions: changes of a session, whose entries are those of version 3 with a lane."""

from __future__ import annotations

from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.errors import UnknownFormatError
from agenttrace.ingest.reading import read
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from unit.ingest.raw_reading import SAMPLES, RawReading, Row, lines, ms, read_raw

SECOND = 10**9
HEADER = {"kind": "header", "version": 4, "id": "s-1", "createdAt": ms(0), "cwd": "x"}


def entry(name: str, at: float, lane: str | None = "main", **more: Any) -> Row:
    row = {"kind": "entry", "type": "message", "id": name, "parentId": None, "seq": 1, "timestamp": ms(at)}
    return {**row, **({} if lane is None else {"lane": lane}), **more}


def user(name: str, at: float, lane: str | None = "main") -> Row:
    return entry(name, at, lane, message={"role": "user", "content": "SECRET", "timestamp": ms(at)})


def answer(name: str, start: float, end: float, *calls: str, lane: str | None = "main") -> Row:
    blocks = [{"type": "toolCall", "id": call, "name": "bash", "arguments": "SECRET"} for call in calls]
    said = {"role": "assistant", "content": blocks, "timestamp": ms(start), "stopReason": "stop"}
    return entry(name, end, lane, message=said)


def result(name: str, at: float, call: str) -> Row:
    return entry(name, at, message={"role": "toolResult", "toolCallId": call, "timestamp": ms(at)})


def record(kind: str, at: float, **more: Any) -> Row:
    return {"kind": "record", "type": kind, "id": f"r{at}", "lane": "main", "timestamp": ms(at), **more}


def session(*changes: Row, **header: Any) -> RawReading:
    return read_raw("pi", lines([{**HEADER, **header}, *changes]))


def test_it_is_recognised() -> None:
    assert recognise(Source("x", lines([HEADER, user("u", 1)]))).id == "pi"


def test_a_header_of_something_else_is_not() -> None:
    with pytest.raises(UnknownFormatError):
        recognise(Source("x", lines([{"kind": "header", "version": 4, "format": 1}])))


def test_entries_are_those_of_version_3_with_times_in_milliseconds() -> None:
    reading = session(user("u", 1), answer("a", 2, 5, "c"), result("r", 8, "c"), answer("b", 9, 12))

    assert [reading.seconds(key) for key in ("a", "tool:c", "b")] == [(2, 5), (5, 8), (9, 12)]
    assert reading.evidence("tool:c") == ("bounded", "measured")
    assert reading.linked("toolResult") == {("tool:c", "b")}
    assert reading.findings == {}


def test_a_record_tells_when_a_tool_began() -> None:
    began = record("tool_started", 6, toolCallId="c", resultEntryId="r")
    reading = session(user("u", 1), answer("a", 2, 5, "c"), began, result("r", 8, "c"))

    assert reading.seconds("tool:c") == (6, 8)
    assert reading.evidence("tool:c") == ("measured", "measured")


def test_a_record_tells_when_a_compaction_began() -> None:
    tried = [record("step_attempt", at, step="compaction", resultEntryId="k") for at in (7, 8)]
    summary = entry("k", 11, type="compaction", tokensBefore=1000, retainedTail=[])
    reading = session(user("u", 1), answer("a", 2, 5), *tried, summary)

    assert reading.seconds("k") == (7, 11)
    assert reading.evidence("k") == ("measured", "measured")


def test_the_user_is_waited_for_before_a_compaction_that_a_prompt_needs() -> None:
    summary = entry("k", 31, type="compaction", tokensBefore=1000, retainedTail=[])
    reading = session(user("u", 1), answer("a", 2, 5), user("v", 25), summary, answer("b", 31, 34))

    assert [span["span_key"] for span in reading.of("user_wait")] == ["wait:v"]
    assert reading.seconds("wait:v") == (5, 25)
    assert reading.seconds("k") == (25, 31)


def test_lanes_are_agents() -> None:
    moved = {"kind": "lane", "seq": 4, "lane": "side", "leafId": "a"}
    named = {"kind": "fact", "seq": 5, "fact": "name", "name": "SECRET"}
    reading = session(
        user("u", 1), answer("a", 2, 5), moved, named, user("v", 6, "side"), answer("b", 6, 9, lane="side")
    )

    assert (reading.spans["a"]["agent_key"], reading.spans["b"]["agent_key"]) == ("main", "side")
    assert {key: row["main"] for key, row in reading.agents.items()} == {"main": True, "side": False}
    assert reading.findings == {}


def test_a_fork_is_kin_to_its_parent_whose_entries_it_copied_without_lanes() -> None:
    reading = session(user("u", 1, None), answer("a", 2, 5, lane=None), parentSessionId="s-0")

    assert reading.edges == {("pi:s-1", "pi:s-0")}
    assert reading.spans["a"]["agent_key"] == "main"


def test_a_change_of_no_known_kind_is_told() -> None:
    assert list(session(user("u", 1), {"kind": "telemetry"}).findings) == ["unknown_record"]


def test_the_sample_is_divided_as_it_was_written() -> None:
    (found,) = analyze(read(SAMPLES / "pi" / "version-4.jsonl")).sessions.to_dicts()

    assert (found["requests"], found["tool_calls"], found["compactions"]) == (5, 2, 1)
    assert found["wall_ns"] == 37 * SECOND
    assert found["path_user_ns"] == 10 * SECOND


def test_nothing_that_was_said_leaves_the_reader() -> None:
    assert "SECRET" not in str(vars(session(user("u", 1), answer("a", 2, 5, "c"), result("r", 8, "c"))))
