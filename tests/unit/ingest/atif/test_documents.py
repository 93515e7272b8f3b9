"""Which trajectories are of one session: embedded, referred to, continued, or views of the same run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agenttrace.cli.application import main
from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read
from agenttrace.ingest.registry import format_by_id
from agenttrace.ingest.source import Source
from unit.ingest.atif.trajectories import T0, T0_S, answer, call, ran, read_value, step, trajectory
from unit.ingest.readings import SECOND, Row, lines, with_wrong_values

SAMPLES = Path(__file__).resolve().parents[4] / "sample_traces" / "atif"


def _spawning(reference: Row) -> Row:
    result = {"source_call_id": "c", "content": "out", "subagent_trajectory_ref": [reference]}
    return trajectory(step(0, "user"), answer(2, call("c", "delegate"), results=[result]), answer(10))


CHILD = (step(3, "user", is_copied_context=True), step(4, "system"), answer(6))


def _assert_delegated(tables: Any) -> None:
    (session,) = analyze(tables).sessions.to_dicts()
    assert (session["requests"], session["subagents"], session["tool_calls"]) == (3, 1, 1)
    assert session["wall_ns"] == 10 * SECOND


def test_an_embedded_subagent_runs_inside_its_call(tmp_path: Path) -> None:
    child = trajectory(*CHILD, name="helper", session=None, trajectory_id="child")
    parent = _spawning({"trajectory_id": "child"}) | {"subagent_trajectories": [child]}
    reading = read_value(parent)

    assert reading.bounds("atif:s1:coder:0:2:call:c", T0) == (2, 6)
    assert reading.bounds("atif:s1:coder:0:3", T0) == (6, 10)
    assert reading.agents["atif:s1:child"]["spawn_key"] == "atif:s1:coder:0:2:call:c"
    assert reading.records == 6
    path = tmp_path / "one.json"
    path.write_text(json.dumps(parent))
    _assert_delegated(read(path))


@pytest.mark.parametrize("apart", [True, False])
def test_a_subagent_is_found_by_its_session(tmp_path: Path, apart: bool) -> None:  # noqa: FBT001
    child = trajectory(*CHILD, name="helper", session="s2")
    parent = _spawning({"session_id": "s2"})
    if apart:
        (tmp_path / "a.json").write_text(json.dumps(child))
        (tmp_path / "b.json").write_text(json.dumps(parent))
    else:
        (tmp_path / "both.json").write_text(json.dumps({"child": child, "parent": parent}, indent=2))

    _assert_delegated(read(tmp_path))


def test_a_subagent_is_found_by_its_file(tmp_path: Path) -> None:
    child = trajectory(*CHILD, name="helper", session="s2", trajectory_id="t2")
    (tmp_path / "child.json").write_text(json.dumps(child))
    (tmp_path / "parent.json").write_text(json.dumps(_spawning({"trajectory_path": "runs/child.json"})))

    _assert_delegated(read(tmp_path))


def test_a_file_that_is_not_there_is_said() -> None:
    reading = read_value(_spawning({"trajectory_path": "gone.json"}))

    assert reading.findings["unresolved_reference"]["count"] == 1


def test_the_same_trajectory_twice_and_its_beginning_count_once(tmp_path: Path) -> None:
    whole = trajectory(step(0, "user"), answer(4, "a"), answer(9), answer(12))
    for name, steps in (("a", 2), ("b", 4), ("c", 4)):
        (tmp_path / f"{name}.json").write_text(json.dumps(whole | {"steps": whole["steps"][:steps]}))
    (session,) = analyze(read(tmp_path)).sessions.to_dicts()

    assert (session["requests"], session["tool_calls"], session["wall_ns"]) == (3, 1, 12 * SECOND)


def test_a_summary_and_a_continuation_are_of_the_session_that_they_continue() -> None:
    sessions = analyze(read(SAMPLES / "continued")).sessions.to_dicts()
    (session,) = sessions

    assert session["session"] == "session-0002"
    assert (session["requests"], session["main_requests"], session["compactions"]) == (5, 5, 1)
    assert (session["main_turns"], session["subagents"], session["tool_calls"]) == (4, 0, 3)
    assert session["input_tokens"] == 700 + 900 + 1000 + 600 + 800
    assert session["wall_ns"] == 44 * SECOND


def test_a_continuation_is_known_by_its_session_whatever_its_file_is_called(tmp_path: Path) -> None:
    for number, path in enumerate(sorted((SAMPLES / "continued").iterdir())):
        (tmp_path / f"{number}").write_bytes(path.read_bytes())

    assert analyze(read(tmp_path)).sessions["requests"].to_list() == [5]


def test_who_makes_a_summary_works_for_the_compaction(tmp_path: Path) -> None:
    made = trajectory(step(5, "user"), answer(8), name="summary", session=None, trajectory_id="sum")
    handed = {"results": [{"subagent_trajectory_ref": [{"trajectory_id": "sum"}]}]}
    managed = {"context_management": {"type": "compaction"}}
    parent = trajectory(
        step(0, "user"),
        answer(4),
        step(9, "system", observation=handed, extra=managed),
        answer(12),
        subagent_trajectories=[made],
    )
    path = tmp_path / "one.json"
    path.write_text(json.dumps(parent))
    (session,) = analyze(read(path)).sessions.to_dicts()

    assert (session["requests"], session["main_turns"], session["subagents"]) == (3, 2, 0)
    assert session["compactions"] == 1
    assert read_value(parent).bounds("atif:s1:coder:0:3", T0) == (4, 8)


def test_the_sample_of_one_file_is_what_it_was_made_to_be() -> None:
    (session,) = analyze(read(SAMPLES / "session.json")).sessions.to_dicts()

    assert (session["requests"], session["subagents"], session["compactions"]) == (6, 1, 1)
    assert session["wall_ns"] == 99 * SECOND
    expected = {"user": 60, "unknown": 13, "tool": 1, "model": 4 + 4 + 2.75 + 5 + 5 + 4}
    assert {phase: session[f"path_{phase}_ns"] / SECOND for phase in expected} == expected


def test_a_trajectory_and_the_events_that_it_was_made_of_are_one_run(tmp_path: Path) -> None:
    llm = ran(1, 3, framework="nat", invocation_id="llm-1")
    extra = llm | {"ancestry": {"function_id": "llm-1", "function_name": "m", "parent_id": "agent-1"}}
    tool = ran(4, 6, framework="nat", invocation_id="c") | {
        "ancestry": {"function_id": "tool-1", "function_name": "bash"}
    }
    made = trajectory(answer(3, call("c", extra=tool), extra=extra), session="agent-1", name="bot")
    (tmp_path / "atif.json").write_text(json.dumps(made))
    events = [
        _event(phase, at, uuid, category, parent)
        for uuid, category, parent, start, end in (
            ("agent-1", "agent", None, 0, 7),
            ("llm-1", "llm", "agent-1", 1, 3),
            ("tool-1", "tool", "agent-1", 4, 6),
        )
        for phase, at in (("start", start), ("end", end))
    ]
    (tmp_path / "atof.jsonl").write_bytes(lines(events))
    (session,) = analyze(read(tmp_path)).sessions.to_dicts()

    assert (session["session"], session["requests"], session["tool_calls"]) == ("agent-1", 1, 1)
    assert (session["wall_ns"], session["input_tokens"]) == (7 * SECOND, 100)


def _event(phase: str, at: float, uuid: str, category: str, parent: str | None) -> Row:
    return {
        "kind": "scope",
        "scope_category": phase,
        "atof_version": "0.1",
        "uuid": uuid,
        "parent_uuid": parent,
        "timestamp": round((T0_S + at) * 10**6),
        "name": "bash" if category == "tool" else "bot",
        "attributes": [],
        "category": category,
    }


def test_trajectories_stand_in_lists_and_in_entries_of_evaluations() -> None:
    one, other = trajectory(answer(4), session="s1"), trajectory(answer(4), session="s2")

    for value in (
        [one, other],
        {"a": one, "b": other},
        [{"item_id": 1, "trajectory": one}, {"trajectory": other}],
    ):
        assert {span["session_key"] for span in read_value(value).spans.values()} == {"atif:s1", "atif:s2"}


def test_only_trajectories_are_claimed() -> None:
    atif = format_by_id("atif")
    known = trajectory(step(0, "user"), answer(4))
    nameless = {name: value for name, value in known.items() if name != "schema_version"}

    for value in (known, nameless, [known], {"parent": known}):
        for indent in (None, 2):
            assert atif.sniff(Source("x", json.dumps(value, indent=indent).encode()).head)
    others: tuple[Row, ...] = (
        {"agent": {}, "steps": []},
        {"steps": known["steps"]},
        {"schema_version": "ATIF-v1.6"},
    )
    for other in others:
        assert not atif.sniff(Source("x", json.dumps(other).encode()).head)


def test_a_file_without_timestamps_says_why_there_is_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "untimed.json"
    path.write_text(json.dumps(trajectory(step(None, "user"), answer(None))))

    assert main(["analyze", str(path)]) == 3
    assert "step_without_time" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["session.json", "continued/trajectory.json"])
def test_damaged_fields_are_survived(name: str) -> None:
    document = json.loads((SAMPLES / name).read_bytes())
    for damaged in with_wrong_values(document, 7, 400):
        for span in read_value(damaged).spans.values():
            assert span["start_ns"] is None or span["end_ns"] is None or span["start_ns"] <= span["end_ns"]


def test_a_damaged_step_leaves_those_before_it_alone() -> None:
    steps = [step(0, "user"), answer(4), step(20, "user"), answer(25), answer(30)]
    whole = read_value(trajectory(*steps))
    document = trajectory(*steps)
    for damaged in with_wrong_values(document["steps"][4], 7, 200):
        spans = read_value(document | {"steps": [*document["steps"][:4], damaged]}).spans
        for key in ("2", "3:before", "4"):
            assert spans[f"atif:s1:coder:0:{key}"] == whole.spans[f"atif:s1:coder:0:{key}"], damaged
