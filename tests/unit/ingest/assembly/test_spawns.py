"""Which tool call a subagent ran in, where only times tell; and what contradicts them."""

from __future__ import annotations

import pytest

from agenttrace.model.trace import Trace
from unit.ingest.assembly.rows import Row, agent, codes, frame, span, trace_of

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


@pytest.mark.parametrize(
    ("low", "high", "name", "call"),
    [
        (10.001, 29.999, "Bash", True),
        (12, 28, "Bash", False),
        (12, 28, "run_agent", True),
    ],
)
def test_of_a_subagent_that_hangs_on_its_parents_span_the_call_is_found_that_it_fills_or_that_says_so(
    low: float,
    high: float,
    name: str,
    call: bool,  # noqa: FBT001
) -> None:
    """
    m  |------------------------|
    t      |----------|
    a      |----------|             as a program tells it that knows whose agent it is, and not of which call
    """
    trace = trace_of(
        [
            *(agent("m"), span("m", "M", "agent", 0, 50), span("m", "r1", "request", 1, 10, parent_key="M")),
            span("m", "t", "tool", 10, 30, name=name, parent_key="M"),
            *(agent("a", "m"), span("a", "A", "agent", low, high, parent_key="M")),
            span("a", "x", "request", low, high, parent_key="A"),
            span("m", "r2", "request", 31, 40, parent_key="M"),
        ]
    )
    spans = {row["source_id"]: row for row in frame(trace.spans).iter_rows(named=True)}
    assert spans["A"]["parent"] == (spans["t"] if call else spans["M"])["span"]
    assert trace.agents.to_pylist()[1]["spawn_inferred"] is call


@pytest.mark.parametrize(("late", "length"), [(0.0031, 5.0), (0.0049, 5.0), (0.0061, 5.0061)])
def test_a_server_that_is_done_with_an_agent_after_its_call_does_not_make_it_outlast_the_call(
    late: float, length: float
) -> None:
    """The call was over when the agent was; what ends further after it is no clock's doing."""
    rows = [
        *(agent("m"), span("m", "r1", "request", 1, 10), span("m", "t1", "tool", 10, 15, name="agent")),
        *(agent("a", "m", spawn_key="t1"), span("a", "x", "request", 10, 15 + late)),
        span("m", "r2", "request", 15.0005, 20),
    ]
    trace = trace_of(rows)

    (request,) = [row for row in frame(trace.spans).to_dicts() if row["source_id"] == "x"]
    assert request["end_ns"] - request["start_ns"] == round(length * 10**9)
    assert ("agent_end_clipped" in codes(trace)) == (length == 5)
