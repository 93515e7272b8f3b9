"""Agents whose spans hang on their parent's own span: in the background, if it asked for more while they worked."""

from __future__ import annotations

import pytest

from unit.ingest.assembly.rows import Row, agent, frame, span, trace_of

_ALONE = [
    span("m", "main", "agent", 0, 100),
    span("m", "r1", "request", 1, 10),
    span("a", "sub", "agent", 11, 50, parent_key="main", session_key="chain:m"),
    span("a", "x", "request", 12, 49, parent_key="sub", session_key="chain:m"),
]


def held(*more: Row) -> tuple[bool, list[int]]:
    """Whether the subagent, 11 to 50, is in the background, and when what waited for it began, in seconds."""
    trace = trace_of([*_ALONE, *more])
    (told,) = [row for row in trace.agents.to_pylist() if row["parent_agent"] is not None]
    spans = {row["span"]: row for row in frame(trace.spans).to_dicts()}
    joins = [spans[row["to_span"]] for row in trace.links.to_pylist() if row["kind"] == "joins"]
    return told["background"], [row["start_ns"] // 10**9 for row in joins]


def test_it_was_waited_for_where_the_parent_asked_nothing_meanwhile() -> None:
    assert held(span("m", "t1", "tool", 11, 20), span("m", "r2", "request", 51, 60)) == (False, [])


def test_it_was_not_waited_for_where_the_parent_asked_after_a_tool_of_its_own() -> None:
    beside = [span("m", "t1", "tool", 11, 20), span("m", "r2", "request", 21, 30)]
    assert held(*beside) == (True, [])
    assert held(*beside, span("m", "r3", "request", 50.02, 60)) == (True, [50])  # and here it waited


def test_a_request_that_begins_with_it_is_another_branch() -> None:
    assert held(span("m", "r2", "request", 11.001, 30), span("m", "r3", "request", 51, 60)) == (False, [])


@pytest.mark.parametrize(("shown", "apart"), [(True, True), (False, False)])
def test_a_call_beside_it_tells_where_other_agents_are_shown_in_their_calls(
    shown: bool,  # noqa: FBT001
    apart: bool,  # noqa: FBT001
) -> None:
    """Nobody asked while it ran. A call beside it may be another branch, if branches have no calls of their own."""
    other = [
        *([span("m", "t2", "tool", 61, 70, name="agent")] if shown else []),
        span("b", "branch", "agent", 61.1, 69.9, parent_key="t2" if shown else "main", session_key="chain:m"),
        span("b", "y", "request", 62, 69, parent_key="branch", session_key="chain:m"),
    ]
    trace = trace_of(
        [*_ALONE, span("m", "t1", "tool", 11, 60), span("m", "r2", "request", 60.001, 61), *other]
    )
    names = dict(frame(trace.spans).select("span", "source_id").iter_rows())
    told = {names[row["span"]]: row["background"] for row in trace.agents.to_pylist()}
    assert told["sub"] is apart
    assert told["branch"] is False


@pytest.mark.parametrize("purpose", ["side_request", "turn"])
def test_side_requests_are_not_the_agent_going_on(purpose: str) -> None:
    aside = [span("m", "t1", "tool", 11, 20), span("m", "r2", "request", 21, 30, purpose=purpose)]
    assert held(*aside, span("m", "r3", "request", 60, 70))[0] == (purpose == "turn")


def test_what_a_server_does_after_an_agent_is_not_the_agent_s_end() -> None:
    """The parent, woken by the end of an agent in the background, asks before that one's server has put all away."""
    rows = [
        *(agent("m"), agent("a", "m")),
        *(span("m", "r1", "request", 1, 10), span("m", "t1", "tool", 11, 20)),
        span("a", "x", "request", 10.5, 49.999),
        span("a", "handler", "other", 10.6, 50.001, parent_key="x"),
        span("m", "r2", "request", 50, 60),
    ]
    trace = trace_of(rows)

    keys = dict(frame(trace.spans).select("span", "source_id").iter_rows())
    joins = [row for row in trace.links.to_pylist() if row["kind"] == "joins"]
    assert [keys[row["to_span"]] for row in joins] == ["r2"]
