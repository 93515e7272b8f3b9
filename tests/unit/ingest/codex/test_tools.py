"""When tools ran: from call to result, or as their execution is told; and where a person was waited for."""

from __future__ import annotations

from typing import Any

import pytest

from agenttrace.ingest.formats.codex.outputs import finished_agents, read_outcome, spawned_agent
from agenttrace.model.vocabulary import Status
from unit.ingest.codex.rollout import Rollout, bounds, findings, read, spans

HEADER = "Chunk ID: 1a2b3c\nWall time: {} seconds\nProcess exited with code {}\nOutput:\n"


def _begun(**context: Any) -> Rollout:
    return Rollout().meta().begin(0.5, **context).prompt(1)


def _tool(rollout: Rollout) -> dict[str, Any]:
    (found,) = spans(read(rollout), "tool")
    return found


def _wait(rollout: Rollout) -> list[tuple[float, float]]:
    return [bounds(row) for row in spans(read(rollout), "user_wait")]


def test_a_call_lies_between_its_record_and_that_of_its_result() -> None:
    tool = _tool(_begun().call(2).result(7).count(7))

    assert (bounds(tool), tool["name"], tool["status"]) == ((2, 7), "exec_command", "ok")
    assert (tool["start_evidence"], tool["end_evidence"]) == ("bounded", "bounded")


def test_a_stated_length_that_fills_it_makes_it_measured() -> None:
    tool = _tool(_begun().call(2).result(7, output=HEADER.format("4.9812", 0)))

    assert (bounds(tool), tool["start_evidence"], tool["end_evidence"]) == ((2, 7), "measured", "measured")


def test_the_end_of_a_command_that_is_told_is_its_end() -> None:
    rollout = (
        _begun()
        .call(2)
        .event(6, "exec_command_end", call_id="c1", duration={"secs": 3, "nanos": 500_000_000}, exit_code=1)
    )
    tool = _tool(rollout.result(7).count(7))

    assert (bounds(tool), tool["status"]) == ((2.5, 6), "error")
    assert (tool["start_evidence"], tool["end_evidence"]) == ("measured", "measured")


def test_a_command_that_runs_on_after_its_result_ends_for_the_agent_with_that() -> None:
    rollout = _begun().call(2).result(12).count(12)
    rollout.event(42, "exec_command_end", call_id="c1", duration={"secs": 39, "nanos": 500_000_000})
    tool = _tool(rollout)

    assert (bounds(tool), tool["end_evidence"]) == ((2.5, 12), "bounded")


def test_a_length_that_does_not_fit_is_not_used() -> None:
    trace = read(_begun().call(2).result(3, output=HEADER.format("5.0", 0)).count(3))

    assert bounds(spans(trace, "tool")[0]) == (2, 3)
    assert findings(trace)["duration_disagrees"] == 1


def test_results_are_recorded_in_order_so_a_short_call_ends_before_its_own() -> None:
    rollout = _begun().call(2, call="long").call(2, call="short").result(9, "long")
    rollout.result(9, "short", HEADER.format("0.5", 0)).count(9)
    by_end = sorted(bounds(row) for row in spans(read(rollout), "tool"))

    assert by_end == [(2, 2.5), (2, 9)]


def test_an_approval_that_is_told_is_a_wait_inside_the_call() -> None:
    rollout = _begun().call(2).event(2.5, "exec_approval_request", call_id="c1")
    rollout.event(40, "exec_command_begin", call_id="c1").result(42).count(42)
    tool = _tool(rollout)

    assert (bounds(tool), _wait(rollout)) == ((2.5, 42), [(2.5, 40)])


@pytest.mark.parametrize(
    ("context", "waited"),
    [
        ({"approval_policy": "on-request"}, [(2, 30)]),
        ({"approval_policy": "on-request", "approvals_reviewer": "user"}, [(2, 30)]),
        ({"approval_policy": "on-request", "approvals_reviewer": "auto_review"}, []),
        ({"approval_policy": "never"}, []),
        ({}, []),
    ],
)
def test_time_that_a_length_leaves_over_was_an_approval_where_a_person_is_asked(
    context: dict[str, str], waited: list[tuple[float, float]]
) -> None:
    rollout = _begun(**context).call(2).result(32, output=HEADER.format("2.0", 0)).count(32)

    assert _wait(rollout) == waited
    assert findings(read(rollout)).get("approval_inferred", 0) == len(waited)
    assert bounds(_tool(rollout)) == (2, 32)


def test_a_call_that_another_one_held_up_was_not_approved_meanwhile() -> None:
    rollout = _begun(approval_policy="on-request").call(2, call="a").call(2, call="b")
    rollout.result(30, "a", HEADER.format("27.9", 0)).result(31, "b", HEADER.format("0.5", 0)).count(31)

    assert _wait(rollout) == []


def test_a_question_is_a_wait_for_the_user_from_call_to_answer() -> None:
    rollout = _begun().call(2, "request_user_input").result(50).count(50)

    assert _wait(rollout) == [(2, 50)]


def test_a_tool_that_a_script_calls_lies_inside_it() -> None:
    rollout = _begun().item(2, "custom_tool_call", name="exec", call_id="c1", input="…")
    rollout.event(
        5,
        "mcp_tool_call_end",
        call_id="exec-1",
        invocation={"server": "hub", "tool": "list"},
        duration={"secs": 2, "nanos": 0},
    ).item(
        6,
        "custom_tool_call_output",
        call_id="c1",
        output="Script completed\nWall time 4.0 seconds\nOutput:\n",
    )
    outer, inner = spans(read(rollout.count(6)), "tool")

    assert (bounds(outer), bounds(inner)) == ((2, 6), (3, 5))
    assert (inner["parent_key"], inner["name"]) == (outer["span_key"], "hub.list")
    assert (inner["start_evidence"], outer["start_evidence"]) == ("measured", "measured")


def test_a_search_that_the_provider_ran_is_a_call_of_unknown_length_in_the_request() -> None:
    rollout = _begun().item(2, "web_search_call", status="completed").say(3).count(3.5)
    trace = read(rollout)
    (tool,) = spans(trace, "tool")

    assert (tool["name"], tool["start_ns"], tool["start_evidence"]) == ("web_search", None, "unknown")
    assert tool["parent_key"] == spans(trace, "request")[0]["span_key"]


def test_calls_that_run_when_the_user_stops_the_turn_end_with_it() -> None:
    rollout = _begun().call(2).event(5, "turn_aborted", turn_id="t", reason="interrupted")
    tool = _tool(rollout)

    assert (bounds(tool), tool["status"]) == ((2, 5), "cancelled")


def test_a_result_without_a_call_is_told() -> None:
    assert findings(read(_begun().result(2).say(3).count(3.5)))["stray_result"] == 1


@pytest.mark.parametrize(
    ("output", "status", "length_ns"),
    [
        (HEADER.format("0.25", 0), Status.OK, 250_000_000),
        (HEADER.format("0.25", 2), Status.ERROR, 250_000_000),
        ("Exit code: 1\nWall time: 1.5 seconds\nOutput:\n…", Status.ERROR, 1_500_000_000),
        (
            [{"type": "input_text", "text": "Script completed\nWall time 6.4 seconds\nOutput:\n"}],
            Status.OK,
            6.4e9,
        ),
        (
            [{"type": "input_text", "text": "Script failed\nWall time 0.1 seconds\nOutput:\n"}],
            Status.ERROR,
            1e8,
        ),
        ('{"output":"x","metadata":{"exit_code":0,"duration_seconds":0.3}}', Status.OK, 300_000_000),
        ('{"output":"x","metadata":{"exit_code":127,"duration_seconds":0.0}}', Status.ERROR, 0),
        ("aborted by user after 10.2s", Status.CANCELLED, None),
        ("a text in which Wall time: 3 seconds\nWall time: 3 seconds\n stands", Status.OK, None),
        ({"content": "plain", "success": True}, Status.OK, None),
        ("", Status.OK, None),
        (None, Status.OK, None),
        (17, Status.OK, None),
    ],
)
def test_what_a_result_states(output: Any, status: Status, length_ns: float | None) -> None:
    assert read_outcome({"output": output}) == (status, length_ns)


def test_results_that_name_agents() -> None:
    assert spawned_agent('{"agent_id":"t1","nickname":"Ada"}') == ("t1", "Ada")
    assert spawned_agent("no agent") == (None, None)
    waited = '{"status":{"t1":{"completed":"done"},"t2":"running","t3":{"errored":"x"}},"timed_out":false}'
    assert finished_agents(waited) == ["t1", "t3"]
    assert finished_agents('{"status":17}') == []
    assert finished_agents("[[[") == []
