"""Intermediate steps: calls are told by their ids, never by a stack."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read
from agenttrace.ingest.registry import format_by_id
from agenttrace.ingest.source import Source
from unit.ingest.nat.workflow import T0, T0_S, USAGE, call, flat, read_document, read_steps, requests, step
from unit.ingest.readings import SECOND, Row, lines, read_content, with_wrong_values

SAMPLE = Path(__file__).resolve().parents[4] / "sample_traces" / "nat" / "all_requests_profiler_traces.json"


@pytest.mark.parametrize(
    ("category", "kind", "own_phase"),
    [
        ("LLM", "request", None),
        ("TOOL", "tool", None),
        ("WORKFLOW", "agent", None),
        ("FUNCTION", "other", "harness"),
        ("TASK", "other", "harness"),
        ("SPAN", "other", "harness"),
        ("TTC", "other", "harness"),
    ],
)
def test_a_category_says_what_a_call_is(category: str, kind: str, own_phase: str | None) -> None:
    span = read_steps(call(1, 3, category, "a")).spans["step:a"]

    assert (span["kind"], span["own_phase"], span["start_evidence"]) == (kind, own_phase, "measured")
    assert (span["start_ns"], span["end_ns"]) == (T0 + SECOND, T0 + 3 * SECOND)


def test_an_end_alone_states_both_instants() -> None:
    reading = read_steps(call(1, 3, "TOOL", "a")[1:], step(5, "LLM_START", "b"))

    assert reading.bounds("step:a", T0) == (1, 3)
    assert (reading.bounds("step:b", T0), reading.spans["step:b"]["status"]) == ((5, None), "unfinished")


def test_tokens_are_counts_that_were_told() -> None:
    reading = read_steps(
        call(0, 1, "LLM", "a", usage=USAGE),
        call(1, 2, "LLM", "b", usage=dict.fromkeys(USAGE, 0)),
    )
    told, untold = reading.spans["step:a"], reading.spans["step:b"]

    assert (told["input_tokens"], told["cache_read_tokens"], told["output_tokens"]) == (120, 64, 9)
    assert told["reasoning_tokens"] is None
    assert (untold["input_tokens"], untold["output_tokens"], untold["cache_read_tokens"]) == (
        None,
        None,
        None,
    )
    assert (told["model"], told["name"]) == ("name of a", None)


def test_the_first_token_is_the_first_piece_that_is_not_empty() -> None:
    reading = read_steps(
        call(0, 4, "LLM", "a"),
        step(1, "LLM_NEW_TOKEN", "a", data={"chunk": ""}),
        step(3, "LLM_NEW_TOKEN", "a", data={"chunk": "SECRET"}),
        step(2, "LLM_NEW_TOKEN", "a", data={"chunk": "SECRET"}),
        call(5, 9, "LLM", "b"),
        step(6, "LLM_NEW_TOKEN", "b"),
    )

    assert reading.spans["step:a"]["first_token_ns"] == T0 + 2 * SECOND
    assert reading.spans["step:a"]["decode_ns"] == SECOND
    assert reading.spans["step:b"]["first_token_ns"] == T0 + 6 * SECOND
    assert "SECRET" not in str(reading)


def test_an_answer_of_tool_calls_has_empty_pieces_and_began_no_sooner_than_the_first() -> None:
    pieces = [step(at, "LLM_NEW_TOKEN", "a", data={"chunk": ""}) for at in (2, 1, 3)]

    span = read_steps(call(0, 4, "LLM", "a"), *pieces).spans["step:a"]

    assert (span["first_token_ns"], span["first_token_evidence"]) == (T0 + SECOND, "bounded")


def test_concurrent_siblings_stay_siblings(tmp_path: Path) -> None:
    """A stack without parents puts the second tool into the first, and the last request into it as well."""
    steps = flat(
        call(0, 2, "LLM", "first"),
        call(2.0, 5, "TOOL", "subagent-A"),
        call(2.1, 12, "TOOL", "subagent-B"),
        call(2.2, 7, "TOOL", "subagent-C"),
        call(12, 14, "LLM", "last"),
    )
    steps.sort(key=lambda one: one["payload"]["event_timestamp"])
    path = tmp_path / "five.json"
    path.write_text(json.dumps(requests(steps)))
    analysis = analyze(read(path))
    (session,) = analysis.sessions.to_dicts()

    assert session["wall_ns"] == 14 * SECOND
    assert session["path_model_ns"] == 4 * SECOND
    assert session["path_tool_ns"] == 9_900_000_000
    assert session["busy_tool_ns"] == (3 + 9.9 + 4.8) * SECOND
    assert session["tool_calls"] == 3


def test_a_tool_that_calls_a_model_runs_an_agent() -> None:
    reading = read_steps(
        call(0, 20, "WORKFLOW", "w"),
        call(1, 9, "TOOL", "plain", "w"),
        call(2, 8, "FUNCTION", "f", "plain"),
        call(1, 19, "TOOL", "agent", "w"),
        call(2, 18, "FUNCTION", "g", "agent"),
        call(3, 17, "FUNCTION", "h", "g"),
        call(4, 6, "LLM", "llm", "h"),
        call(7, 9, "TOOL", "inner", "h"),
    )
    lanes = {key.removeprefix("step:"): span["agent_key"] for key, span in reading.spans.items()}

    assert {name for name, lane in lanes.items() if lane == "nat:agent:agent"} == {"h", "llm", "inner"}
    assert {name for name, lane in lanes.items() if lane is None} == {"w", "plain", "f", "agent", "g"}
    assert reading.agents["nat:agent:agent"]["spawn_key"] == "step:agent"
    phases = {name: reading.spans[f"step:{name}"]["own_phase"] for name in "fgh"}
    assert phases == {"f": "tool", "g": "tool", "h": "harness"}


def test_releases_without_a_parent_name_the_function_that_was_running() -> None:
    function = {"function_id": "f", "function_name": "react", "parent_id": "root"}
    steps = flat(call(0, 9, "FUNCTION", "f", ancestry=function), call(1, 2, "LLM", "a", ancestry=function))
    for one in steps:
        del one["parent_id"]
    reading = read_steps(steps)

    assert reading.spans["step:a"]["parent_key"] == "step:f"
    assert reading.spans["step:f"]["parent_key"] is None


def _run(number: int, start: float, conversation: str | None = None) -> list[Row]:
    told = {"workflow_run_id": f"run-{number}", "conversation_id": conversation}
    metadata, asked = {"provided_metadata": told}, {"input": "SECRET"}
    return flat(
        call(start, start + 9, "WORKFLOW", f"w{number}", name="flow", metadata=metadata, data=asked),
        call(start + 1, start + 2, "LLM", f"a{number}", f"w{number}"),
    )


def test_each_request_of_the_profiler_is_a_session() -> None:
    reading = read_document(requests(_run(1, 0), _run(2, 5)))

    assert {span["session_key"] for span in reading.spans.values()} == {"nat:run:run-1", "nat:run:run-2"}
    assert [row["task_id"] for row in reading.sessions] == ["0", "1"]
    assert len({row["first_prompt_fingerprint"] for row in reading.sessions}) == 1
    assert "SECRET" not in str(reading)
    assert reading.records == 8


def test_the_runs_of_a_conversation_are_one_session_that_waits_for_its_user(tmp_path: Path) -> None:
    file = tmp_path / "steps.jsonl"
    file.write_bytes(lines(flat(_run(1, 0, "chat"), _run(2, 20, "chat"), _run(3, 20, "other"), _run(4, 50))))

    found = analyze(read(file)).sessions

    assert sorted(found["source_id"]) == ["chat", "other", "run-4"]
    chat = found.filter(found["source_id"] == "chat")
    assert (chat["wall_ns"].item(), chat["path_user_ns"].item()) == (29 * SECOND, 11 * SECOND)


def test_the_output_of_an_evaluation_names_the_entries_of_its_data_set() -> None:
    item = {
        "id": 7,
        "question": "SECRET",
        "generated_answer": "SECRET",
        "intermediate_steps": _run(1, 0)[-1:],
    }
    reading = read_document([item])

    assert (list(reading.spans), reading.sessions[0]["task_id"]) == (["step:a1"], "7")


@pytest.mark.parametrize("as_lines", [True, False])
def test_a_stream_is_parted_by_its_workflows(as_lines: bool) -> None:  # noqa: FBT001
    loose = call(6, 7, "LLM", "loose", "gone")
    steps = flat(_run(1, 0), _run(2, 20), loose)
    Random(4).shuffle(steps)  # seeded, not secret
    reading = read_content("nat", lines(steps) if as_lines else json.dumps(steps).encode())

    keys = {key: span["session_key"] for key, span in reading.spans.items()}
    assert keys["step:a1"] == keys["step:loose"] == keys["step:w1"] == "nat:run:run-1"
    assert keys["step:a2"] == keys["step:w2"] == "nat:run:run-2"
    assert reading.records == len(steps)


def test_a_step_that_hangs_on_nothing_is_of_the_workflow_that_was_running() -> None:
    long, short = call(0, 30, "WORKFLOW", "long"), call(5, 10, "WORKFLOW", "short")
    reading = read_document(flat(long, short, call(20, 21, "LLM", "loose", "gone")))

    assert reading.spans["step:loose"]["session_key"] == "nat:long"


def test_a_run_in_two_files_is_one_session(tmp_path: Path) -> None:
    document = json.loads(SAMPLE.read_bytes())
    ends = [
        {
            "id": one["request_number"],
            "intermediate_steps": [
                s for s in one["intermediate_steps"] if "_END" in s["payload"]["event_type"]
            ],
        }
        for one in document
    ]
    (tmp_path / "workflow_output.json").write_text(json.dumps(ends))
    (tmp_path / "all.json").write_bytes(SAMPLE.read_bytes())
    both, alone = analyze(read(tmp_path)).sessions, analyze(read(SAMPLE)).sessions

    for column in ("session", "wall_ns", "requests", "tool_calls", "subagents", "path_model_ns"):
        assert both[column].to_list() == alone[column].to_list(), column


def test_the_sample_is_what_it_was_made_to_be() -> None:
    sessions = analyze(read(SAMPLE)).sessions.sort("session")

    assert sessions["wall_ns"].to_list() == [16 * SECOND, 20 * SECOND]
    assert sessions["requests"].to_list() == [4, 4]
    assert sessions["subagents"].to_list() == [1, 1]
    assert sessions["input_tokens"].to_list() == [6500, 6500]
    assert sessions["path_tool_ns"].to_list() == [1_400_000_000, 5_400_000_000]


def test_only_steps_are_claimed() -> None:
    nat = format_by_id("nat")
    known = step(0, "LLM_START", "a")

    for content in (
        lines([known]),
        json.dumps(requests([known])).encode(),
        json.dumps([known], indent=2).encode(),
    ):
        assert nat.sniff(Source("x", content).head)
    others: tuple[Row, ...] = (known | {"payload": {}}, step(0, "LLM_LATER", "a"), {"intermediate_steps": []})
    for other in others:
        assert not nat.sniff(Source("x", lines([other])).head)


def test_damaged_fields_cost_only_their_call() -> None:
    (first, _) = json.loads(SAMPLE.read_bytes())
    steps = first["intermediate_steps"]
    whole = read_steps(steps)
    at = next(number for number, one in enumerate(steps) if one["payload"]["UUID"] == "r0-toolA")
    for number, damaged in enumerate(with_wrong_values(steps[at], 5, 300)):
        reading = read_steps([*steps[:at], damaged, *steps[at + 1 :]])

        unlike = {key for key in whole.spans if reading.spans.get(key) != whole.spans[key]}
        assert unlike <= {"step:r0-toolA"}, (number, damaged)


@pytest.mark.parametrize(
    "value", [[], [None], [{"intermediate_steps": [None, 1, {}]}], {"intermediate_steps": None}]
)
def test_what_holds_no_step_gives_no_span(value: Any) -> None:
    assert read_document(value).spans == {}


def test_parents_in_a_circle_are_survived() -> None:
    reading = read_steps(
        call(0, 1, "TOOL", "a", "b"), call(0, 1, "FUNCTION", "b", "a"), call(0, 1, "LLM", "c", "a")
    )

    assert len(reading.spans) == 3


def test_milliseconds_are_no_seconds() -> None:
    late = step(None, "TOOL_START", "a", event_timestamp=T0_S * 1000)

    assert read_steps(late).findings["no_time"]["count"] == 1
