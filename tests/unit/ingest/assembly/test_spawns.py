"""Which tool call a subagent ran in, where only times tell; and what contradicts them."""

from __future__ import annotations

from agenttrace.model.trace import Trace
from unit.ingest.assembly.rows import Row, agent, span, trace_of

INSIDE = [
    agent("m"),
    span("m", "r1", "request", 1, 10),
    span("m", "t1", "tool", 10, 30, name="Bash"),
    span("m", "r2", "request", 31, 40),
    agent("a", "m"),
    span("a", "x", "request", 12, 28),
]


def subagent(*more: Row) -> tuple[bool, bool | None, bool]:
    """Whether the call is known that it ran in, whether that is inferred, whether it ran beside its parent."""
    trace: Trace = trace_of([*INSIDE, *more])
    told = trace.agents.to_pylist()[1]
    return told["spawning_span"] is not None, told["spawn_inferred"], told["background"]


def test_a_call_that_contains_a_subagent_started_it() -> None:
    assert subagent() == (True, True, False)


def test_another_call_of_the_tool_without_a_subagent_contradicts_that() -> None:
    assert subagent(span("m", "t2", "tool", 41, 50, name="Bash")) == (False, None, True)


def test_another_tool_or_a_call_that_failed_says_nothing() -> None:
    assert subagent(span("m", "t2", "tool", 41, 50, name="Read")) == (True, True, False)
    assert subagent(span("m", "t2", "tool", 41, 50, name="Bash", status="error")) == (True, True, False)


def test_a_tool_whose_every_call_contains_a_subagent_starts_them() -> None:
    again = [
        span("m", "t2", "tool", 41, 50, name="Bash"),
        agent("b", "m"),
        span("b", "y", "request", 42, 49),
    ]
    assert subagent(*again) == (True, True, False)


def test_a_tool_whose_name_says_so_is_not_doubted() -> None:
    rows = [
        span("m", "t0", "tool", 10, 30, name="run_agent"),
        span("m", "t2", "tool", 41, 50, name="run_agent"),
    ]
    assert subagent(*rows) == (True, True, False)


def test_a_stated_call_is_not_inferred() -> None:
    rows = [
        *INSIDE[:4],
        agent("a", "m", spawn_key="t1"),
        INSIDE[5],
        span("m", "t2", "tool", 41, 50, name="Bash"),
    ]
    (told,) = trace_of(rows).agents.slice(1, 1).to_pylist()
    assert (told["spawning_span"] is not None, told["spawn_inferred"]) == (True, False)
