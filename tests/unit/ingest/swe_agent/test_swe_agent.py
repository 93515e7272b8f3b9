"""SWE-agent: commands that state how long they ran, laid end to end because nothing states when."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agenttrace.cli import main
from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.formats.swe_agent.steps import BEGINNING_NS
from agenttrace.ingest.reading import read
from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from unit.ingest.raw_reading import SAMPLES, RawReading, Row, read_raw

SECOND = 10**9


def step(action: str, length: Any = 1.0, **more: Any) -> Row:
    return {"action": action, "observation": "o", "thought": "t", "execution_time": length, **more}


def trajectory(*steps: Row, **more: Any) -> bytes:
    return json.dumps({"trajectory": steps, "history": [], "info": {}, **more}).encode()


def reading_of(*steps: Row, **more: Any) -> RawReading:
    return read_raw("swe-agent", trajectory(*steps, **more))


def test_commands_follow_each_other_for_as_long_as_they_ran() -> None:
    tools = reading_of(step("open x", 2.0), step("edit 1", 0.5)).of("tool")
    bounds = [(tool["start_ns"] - BEGINNING_NS, tool["end_ns"] - BEGINNING_NS) for tool in tools]

    assert bounds == [(0, 2 * SECOND), (2 * SECOND, 2.5 * SECOND)]
    assert {tool["end_evidence"] for tool in tools} == {"measured"}


def test_the_wall_time_is_that_of_the_tools_and_that_is_told() -> None:
    trace = read(SAMPLES / "swe-agent" / "trajectory.traj")
    (wall_ns,) = analyze(trace).sessions["wall_ns"]

    assert wall_ns == 7.1 * SECOND
    (finding,) = trace.findings.to_pylist()
    assert (finding["code"], finding["severity"]) == ("no_clock", "warning")


def test_names_of_tools_are_told_and_words_of_shell_commands_are_not() -> None:
    names = {tool["name"] for tool in reading_of(step("open SECRET"), step("SECRET=1 make")).of("tool")}

    assert names == {"open", "bash"}


def test_the_task_stands_in_the_configuration() -> None:
    config = json.dumps({"problem_statement": {"id": "repo__1"}})

    assert reading_of(step("open x"), replay_config=config).sessions[0]["task_id"] == "repo__1"


def test_all_attempts_count_and_the_chosen_one_not_twice() -> None:
    attempts = [{"trajectory": [step("open a", 1)]}, {"trajectory": [step("open b", 3)]}]
    whole = {"attempts": attempts, "trajectory": attempts[1]["trajectory"]}

    assert len(read_raw("swe-agent", json.dumps(whole).encode()).of("tool")) == 2


@pytest.mark.parametrize("length", ["x", -1, [], {"a": 1}])
def test_an_unusable_length_is_unknown_and_the_next_command_stands(length: Any) -> None:
    reading = reading_of(step("open x", length), step("edit 1", 0.5))

    assert reading.spans["action:1"]["end_ns"] is None
    assert reading.spans["action:2"]["end_ns"] == BEGINNING_NS + SECOND // 2
    assert reading.findings["field_unusable"]["line"] == 1


def test_without_any_times_there_is_nothing_to_analyse(tmp_path: Any, capsys: Any) -> None:
    bare = {name: value for name, value in step("open x").items() if name != "execution_time"}
    (tmp_path / "old.traj").write_bytes(trajectory(bare))

    assert main(["analyze", str(tmp_path / "old.traj")]) == 3
    assert "states no times" in capsys.readouterr().err


def test_it_is_recognised_by_a_first_step_longer_than_what_is_looked_at() -> None:
    assert recognise(Source("x", trajectory(step("open x", observation="o" * 100_000)))).id == "swe-agent"


def test_what_is_no_step_costs_only_its_place() -> None:
    whole = reading_of(step("ls"), step("cat a"), step("submit"))
    strange = reading_of(step("ls"), None, step("submit"))  # type: ignore[arg-type]

    assert strange.spans.keys() == whole.spans.keys() - {"step:2", "action:2"}
    assert strange.findings["field_unusable"]["line"] == 2


def test_steps_of_a_later_attempt_keep_their_numbers_too() -> None:
    attempts = [{"trajectory": [step("ls"), "no step"]}, {"trajectory": [step("submit")]}]
    strange = reading_of(attempts=attempts)

    assert strange.spans.keys() == {"step:1", "action:1", "step:3", "action:3"}
