"""Subagents: threads in files of their own, tied to their parent from either side, joined where waited for."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.model.trace import Trace
from unit.ingest.codex.rollout import Rollout, assembled, bounds, links, ns, read, spans, uuid7

PARENT, CHILD = uuid7(0), uuid7(5)
SPAWNED = {"subagent": {"thread_spawn": {"parent_thread_id": PARENT, "depth": 1, "agent_role": "explorer"}}}


def _child() -> Rollout:
    """Works from 6 to 40, mostly in its tool."""
    rollout = Rollout(CHILD).meta(5, source=SPAWNED, agent_nickname="Ada").begin(5.5).prompt(6)
    return rollout.call(8).result(38).count(38).say(40).count(40).end(40.5)


def _parent_by_results() -> Rollout:
    rollout = Rollout(PARENT).meta().begin(0.5).prompt(1).call(4, "spawn_agent", "s1")
    rollout.result(5.25, "s1", f'{{"agent_id":"{CHILD}","nickname":"Ada"}}').count(5.25)
    rollout.call(8, "wait_agent", "w1")
    rollout.result(41, "w1", f'{{"status":{{"{CHILD}":{{"completed":"done"}}}}}}').count(41)
    return rollout.say(45).count(45.5).end(46)


def _parent_by_events() -> Rollout:
    rollout = Rollout(PARENT).meta().begin(0.5).prompt(1).call(4, "spawn_agent", "s1")
    activity = {"event_id": "s1", "agent_thread_id": CHILD, "agent_path": "/task/look", "kind": "started"}
    rollout.event(5.125, "sub_agent_activity", **activity).result(5.25, "s1", '{"task_name":"/task/look"}')
    rollout.count(5.25).call(8, "wait_agent", "w1").result(41, "w1", '{"timed_out":false}').count(41)
    rollout.item(41, "agent_message", author="/task/look", recipient="/task", content=[])
    return rollout.say(45).count(45.5).end(46)


PARENTS = [_parent_by_results, _parent_by_events]


@pytest.mark.parametrize("parent", PARENTS)
def test_either_file_ties_the_two_together(parent: Any) -> None:
    for rollout in (parent(), _child()):
        edges = {frozenset((row["key_a"], row["key_b"])) for row in read(rollout).key_edges.to_pylist()}
        assert frozenset((f"codex:{PARENT}", f"codex:{CHILD}")) in edges
        assert frozenset((f"codex:{rollout.thread}", f"session:codex:{rollout.thread}")) in edges


@pytest.mark.parametrize("parent", PARENTS)
def test_the_files_in_any_order_are_one_session(parent: Any) -> None:
    for files in itertools.permutations((parent(), _child())):
        trace = assembled(*files)
        (session,) = analyze(trace).sessions.to_dicts()

        assert (session["session"], session["requests"]) == (PARENT, 5)
        agents = trace.agents.to_pylist()
        assert [(row["source_id"], row["depth"], row["background"]) for row in agents] == [
            (PARENT, 0, False),
            (CHILD, 1, True),
        ]
        assert agents[1]["spawning_span"] is not None


@pytest.mark.parametrize("parent", PARENTS)
def test_what_the_parent_waits_for_is_the_work_of_its_agent(parent: Any) -> None:
    """Its call from 8 to 38, its last request to 40; then the rest of the wait."""
    whole, alone = assembled(parent(), _child()), assembled(parent())

    assert [_who(whole, at) for at in (4.5, 7, 20, 39, 40.5, 43)] == [
        ("spawn_agent", 0),
        (None, 1),
        ("exec_command", 1),
        (None, 1),
        ("wait_agent", 0),
        (None, 0),
    ]
    assert _who(alone, 20) == ("wait_agent", 0)


def _who(trace: Trace, at: float) -> tuple[str | None, int]:
    """Name and agent of the span that the session waited for at an instant."""
    spans = {row["span"]: row for row in trace.spans.to_pylist()}
    segments = analyze(trace).segments.to_dicts()
    (span,) = (one["span"] for one in segments if one["start_ns"] <= ns(at) < one["end_ns"])
    return spans[span]["name"], spans[span]["agent"]


@pytest.mark.parametrize("parent", PARENTS)
def test_a_wait_names_the_agent_that_it_waited_for(parent: Any) -> None:
    assert (CHILD, f"{PARENT}:tool:w1") in links(read(parent()), "joins")


def test_the_wait_itself_is_as_long_as_what_follows_the_agents_end() -> None:
    trace = assembled(_parent_by_results(), _child())
    (wait,) = (row for row in trace.spans.to_pylist() if row["name"] == "wait_agent")

    assert bounds(wait) == (40, 41)
    assert wait["start_evidence"] == "bounded"
    (whole,) = (row for row in spans(read(_parent_by_results()), "tool") if row["name"] == "wait_agent")
    assert bounds(whole) == (8, 41)


def test_a_message_that_comes_unasked_is_used_by_the_next_request() -> None:
    rollout = Rollout(PARENT).meta().begin(0.5).prompt(1).call(4, "spawn_agent", "s1")
    activity = {"event_id": "s1", "agent_thread_id": CHILD, "agent_path": "/task/look", "kind": "started"}
    rollout.event(5.125, "sub_agent_activity", **activity).result(5.25, "s1").count(5.25)
    rollout.call(8).result(50).count(50).item(50, "agent_message", author="/task/look").say(53).count(53.5)
    trace = read(rollout)
    last = spans(trace, "request")[-1]

    assert links(trace, "joins") == {(CHILD, last["span_key"])}


def test_a_subagent_alone_is_a_session() -> None:
    (session,) = analyze(assembled(_child())).sessions.to_dicts()

    assert (session["requests"], session["subagents"]) == (2, 0)
    assert session["session"] == CHILD


def test_agents_whose_files_are_not_there_take_no_time_where_they_were_spawned() -> None:
    trace = assembled(_parent_by_events())
    spans = trace.spans.to_pylist()
    (agent,) = (row for row in trace.agents.to_pylist() if row["depth"])

    assert bounds(spans[agent["span"]]) == (4, 4)
    assert analyze(trace).sessions["subagents"].to_list() == [1]


def test_the_agent_has_the_name_and_the_type_that_it_was_given() -> None:
    (agent,) = read(_child()).agents.to_pylist()

    assert (agent["name"], agent["type"], agent["parent_agent_key"]) == ("Ada", "explorer", PARENT)
    assert (agent["main"], agent["background"]) == (False, True)
