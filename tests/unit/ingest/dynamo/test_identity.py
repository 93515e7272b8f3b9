"""Four generations of identity, and what rows of one chain say of it together."""

from typing import Any

import pytest

from unit.ingest.dynamo.rows import event, findings, only, read, request, spans, tool


def agents(*records: Any) -> dict[str, tuple[str, str | None, bool | None]]:
    return {
        row["agent_key"]: (row["session_key"], row["parent_agent_key"], row["main"])
        for row in read(*records).agents.to_pylist()
    }


def edges(*records: Any) -> set[tuple[str, str]]:
    return {(row["key_a"], row["key_b"]) for row in read(*records).key_edges.to_pylist()}


def test_generation_1_names_run_program_and_parent() -> None:
    parent = {"workflow_type_id": "research", "workflow_id": "run", "program_id": "planner"}
    child = parent | {"program_id": "finder", "parent_program_id": "planner"}

    rows = (request(parent, 0, request_id="a"), request(child, 10, request_id="b"))

    assert agents(*rows) == {
        "planner": ("dynamo:run", None, True),
        "finder": ("dynamo:run", "planner", None),
    }
    assert edges(*rows) == set()
    assert [row["source_id"] for row in read(*rows).sessions.to_pylist()] == ["run", "run"]


def test_generation_2_uses_session_id_for_the_run() -> None:
    parent = {"session_type_id": "research", "session_id": "run", "trajectory_id": "planner"}
    child = parent | {"trajectory_id": "finder", "parent_trajectory_id": "planner"}

    rows = (request(parent, 0, request_id="a"), request(child, 10, request_id="b"))

    assert agents(*rows) == {
        "planner": ("dynamo:run", None, True),
        "finder": ("dynamo:run", "planner", None),
    }
    assert edges(*rows) == set()


def test_generation_3_has_no_run_but_its_root_chain() -> None:
    rows = (
        request({"trajectory_id": "planner"}, 0),
        request({"trajectory_id": "finder", "parent_trajectory_id": "planner"}, 10),
    )

    assert agents(*rows) == {
        "planner": ("dynamo:planner", None, None),
        "finder": ("dynamo:finder", "planner", None),
    }
    assert edges(*rows) == {("dynamo:finder", "dynamo:planner")}


def test_generation_4_uses_session_id_for_the_chain() -> None:
    rows = (
        request({"session_id": "inner", "parent_session_id": "middle"}, 20),
        request({"session_id": "middle", "parent_session_id": "root"}, 10),
        request("root", 0),
    )

    assert agents(*rows) == {
        "root": ("dynamo:root", None, None),
        "middle": ("dynamo:middle", "root", None),
        "inner": ("dynamo:inner", "middle", None),
    }
    assert edges(*rows) == {("dynamo:inner", "dynamo:middle"), ("dynamo:middle", "dynamo:root")}
    assert {row["session_key"]: row["source_id"] for row in read(*rows).sessions.to_pylist()} == {
        "dynamo:root": "root",
        "dynamo:middle": "middle",
        "dynamo:inner": "inner",
    }


def test_a_row_without_the_parent_does_not_make_the_chain_a_main_one() -> None:
    owner = {"workflow_id": "run", "program_id": "finder"}
    named = request(owner | {"parent_program_id": "planner"}, 0)

    assert agents(named, tool("tool_end", owner, "call", 1, 2))["finder"] == ("dynamo:run", "planner", None)


def test_a_tool_event_alone_does_not_tell_that_a_chain_is_the_main_one() -> None:
    owner = {"workflow_id": "run", "program_id": "finder"}

    assert agents(tool("tool_end", owner, "call", 1, 2))["finder"] == ("dynamo:run", None, None)


def test_a_flat_row_of_a_harness_names_its_chain_at_the_top() -> None:
    flat = tool("tool_end", "chain", "call", 1, 5)
    flat |= {"session_id": "chain", "parent_session_id": "root"}
    del flat["agent_context"]

    span = only(read(flat))

    assert (span["session_key"], span["agent_key"], span["span_key"]) == (
        "dynamo:chain",
        "chain",
        "tool:chain:call",
    )
    assert edges(flat) == {("dynamo:chain", "dynamo:root")}


def test_headers_of_claude_code_name_the_run_of_a_nested_child() -> None:
    headers = {"x-claude-code-session-id": ["run"], "x-claude-code-agent-id": ["inner"]}
    owner = {"session_id": "inner", "parent_session_id": "lost", "agent_headers": headers}

    assert edges(request(owner, 0)) == {("dynamo:inner", "dynamo:lost"), ("dynamo:inner", "dynamo:run")}


def test_headers_that_the_identity_does_not_come_from_are_no_link() -> None:
    headers = {"x-claude-code-session-id": ["other"]}

    assert edges(request({"session_id": "chain", "agent_headers": headers}, 0)) == set()


def test_a_chain_that_is_its_own_parent_has_none() -> None:
    trace = read(request({"session_id": "chain", "parent_session_id": "chain"}, 0))

    assert trace.agents["parent_agent_key"].to_pylist() == [None]
    assert trace.key_edges.num_rows == 0
    assert findings(trace) == {"own_parent": 1}


def test_two_parents_of_one_chain_are_one_session_and_a_finding() -> None:
    rows = [request({"session_id": "c", "parent_session_id": p}, at) for at, p in enumerate(("b", "a"))]

    trace = read(*rows)

    assert trace.agents["parent_agent_key"].to_pylist() == ["a"]
    assert edges(*rows) == {("dynamo:c", "dynamo:a"), ("dynamo:c", "dynamo:b")}
    assert findings(trace) == {"two_parents": 1}


def test_a_request_of_no_agent_is_a_session_of_its_own() -> None:
    trace = read(request(None, 0, request_id="a"), request(None, 5, request_id="b"), request("chain", 9))

    found = spans(trace)

    assert found["request:a"]["session_key"] == "dynamo:request:a"
    assert found["request:b"]["session_key"] == "dynamo:request:b"
    assert found["request:a"]["agent_key"] is None
    assert set(trace.sessions["source_id"].to_pylist()) == {"a", "b", "chain"}
    assert findings(trace) == {"context_free": 2}


@pytest.mark.parametrize("unusable", [7, ["chain"], {"id": "chain"}, True])
def test_an_id_that_is_no_text_is_a_finding(unusable: Any) -> None:
    trace = read(request({"session_id": unusable}, 0, request_id="a"))

    assert only(trace)["session_key"] == "dynamo:request:a"
    assert findings(trace) == {"identity_unusable": 1, "context_free": 1}


def test_a_tool_event_of_no_agent_is_a_finding() -> None:
    stray = event("tool_end", 5, None, tool={"tool_call_id": "call"})

    trace = read(stray)

    assert trace.spans.num_rows == 0
    assert findings(trace) == {"tool_without_agent": 1}
