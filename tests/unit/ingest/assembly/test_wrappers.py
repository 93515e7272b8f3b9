"""Agents that only wrap one agent are that agent; those that work, or hold several, are agents of their own."""

import polars as pl

from agenttrace.critical_path.analysis import analyze
from agenttrace.model.trace import Trace
from unit.ingest.assembly.rows import Row, span, trace_of


def _in(key: str, kind: str, start: float, end: float, parent: str | None = None) -> Row:
    """A span of one trace; a span of kind agent opens a lane of its own."""
    lane = key if kind == "agent" else None
    return span("t", key, kind, start, end, agent_key=lane, parent_key=parent, name=key)


def _agents(trace: Trace) -> int:
    return len(trace.agents)


def _main_requests(trace: Trace) -> int:
    main = {row["agent"] for row in trace.agents.to_pylist() if row["parent_agent"] is None}
    return sum(row["kind"] == "request" and row["agent"] in main for row in trace.spans.to_pylist())


def test_a_workflow_around_one_agent_is_no_agent() -> None:
    trace = trace_of(
        [
            _in("flow", "other", 0, 10),
            _in("outer", "agent", 0, 10, "flow"),
            _in("inner", "agent", 0, 10, "outer"),
            _in("r", "request", 1, 9, "inner"),
        ]
    )

    assert (_agents(trace), _main_requests(trace)) == (1, 1)


def test_an_agent_that_works_and_calls_one_is_not_that_one() -> None:
    trace = trace_of(
        [
            _in("outer", "agent", 0, 10),
            _in("r0", "request", 0, 1, "outer"),
            _in("inner", "agent", 1, 10, "outer"),
            _in("r", "request", 1, 9, "inner"),
        ]
    )

    assert (_agents(trace), _main_requests(trace)) == (2, 1)


def test_a_workflow_around_two_agents_keeps_both() -> None:
    trace = trace_of(
        [
            _in("flow", "other", 0, 10),
            _in("one", "agent", 0, 5, "flow"),
            _in("two", "agent", 5, 10, "flow"),
            _in("r1", "request", 1, 4, "one"),
            _in("r2", "request", 6, 9, "two"),
        ]
    )

    assert (_agents(trace), _main_requests(trace)) == (3, 0)


def test_what_is_inside_the_agent_stays_inside_it() -> None:
    trace = trace_of(
        [
            _in("outer", "agent", 0, 10),
            _in("inner", "agent", 0, 10, "outer"),
            _in("r", "request", 0, 1, "inner"),
            _in("t", "tool", 1, 8, "inner"),
            _in("sub", "agent", 1, 8, "t"),
            _in("r2", "request", 2, 7, "sub"),
        ]
    )

    assert (_agents(trace), _main_requests(trace)) == (2, 1)
    spawned = next(row for row in trace.agents.to_pylist() if row["parent_agent"] is not None)
    tool = next(row for row in trace.spans.to_pylist() if row["kind"] == "tool")
    assert spawned["spawning_span"] == tool["span"]


def test_a_call_around_one_agent_is_no_agent_either() -> None:
    trace = trace_of(
        [
            _in("call", "interaction", 0, 10),
            _in("inner", "agent", 0, 10, "call"),
            _in("r", "request", 1, 9, "inner"),
        ]
    )

    assert (_agents(trace), _main_requests(trace)) == (1, 1)


def test_what_a_server_sees_of_a_request_is_for_what_the_request_is_for() -> None:
    summary = span("c", "client", "request", 2, 5, purpose="compaction")
    served = span("c", "server", "request", 2.5, 4.5, parent_key="client")
    queued = span("c", "scheduler", "other", 2.6, 3, parent_key="server")
    turn = span("c", "r", "request", 0, 2)
    told = analyze(trace_of([turn, summary, served, queued])).segments.group_by("purpose")

    assert dict(told.agg((pl.col("end_ns") - pl.col("start_ns")).sum() / 10**9).iter_rows()) == {
        "turn": 2,
        "compaction": 3,
    }
