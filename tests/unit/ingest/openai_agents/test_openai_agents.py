"""What the records of the OpenAI Agents SDK mean."""

import json
from typing import Any

import pytest

from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.raw import RawTrace
from unit.ingest.reading_raw import Record, claimed, edges, findings, links, read_json, read_lines, rows

S = 10**9
ELEVEN = 1_772_622_000 * S
"""2026-03-04 11:00 UTC."""


def span(name: str, bounds: tuple[float, float | None], data: Record, **more: Any) -> Record:
    """A span of trace t, at seconds after eleven."""
    return {
        "object": "trace.span",
        "id": name,
        "trace_id": "t",
        "parent_id": None,
        "started_at": _at(bounds[0]),
        "ended_at": _at(bounds[1]),
        "span_data": data,
        "error": None,
        **more,
    }


def trace(name: str, group: str | None) -> Record:
    return {"object": "trace", "id": name, "workflow_name": "w", "group_id": group, "metadata": None}


def agent(name: str) -> Record:
    return {"type": "agent", "name": name, "handoffs": [], "tools": [], "output_type": "str"}


def _at(seconds: float | None) -> str | None:
    return None if seconds is None else f"2026-03-04T11:00:{seconds:09.6f}+00:00"


def read(*records: Record) -> RawTrace:
    return read_lines(list(records), "openai-agents")


@pytest.mark.parametrize(
    ("data", "kind", "name"),
    [
        ({"type": "generation", "model": "m"}, "request", "generation"),
        ({"type": "response", "response_id": "r"}, "request", "response"),
        ({"type": "function", "name": "find"}, "tool", "find"),
        (agent("desk"), "agent", "desk"),
        ({"type": "guardrail", "name": "polite", "triggered": False}, "other", "polite"),
        ({"type": "handoff", "from_agent": "a", "to_agent": "b"}, "other", "handoff to b"),
        ({"type": "mcp_tools", "server": "shop", "result": []}, "other", "list tools of shop"),
        ({"type": "custom", "name": "turn", "data": {"sdk_span_type": "turn", "turn": 1}}, "other", "turn"),
        ({"type": "custom", "name": "mine", "data": {"secret": 1}}, "other", "mine"),
        ({"type": "transcription", "model": "w"}, "tool", "transcription"),
    ],
)
def test_types_of_spans(data: Record, kind: str, name: str) -> None:
    row = rows(read(span("a", (0, 1), data)))["a"]

    assert (row["kind"], row["name"]) == (kind, name)


def test_times_and_errors() -> None:
    error = {"message": "secret", "data": {"x": 1}}

    found = rows(
        read(
            span("a", (1.000001, 2), {"type": "generation"}),
            span("b", (1, None), {"type": "function", "name": "f"}, error=error),
        )
    )

    assert (found["a"]["start_ns"], found["a"]["end_ns"]) == (ELEVEN + S + 1000, ELEVEN + 2 * S)
    assert "end_ns" not in found["b"]
    assert found["b"]["status"] == "error"
    assert "secret" not in str(found)


TOKENS: list[tuple[Record, tuple[Any, ...]]] = [
    ({"input_tokens": 9, "output_tokens": 2}, (9, 2, None, None)),
    (
        {
            "input_tokens": 90,
            "output_tokens": 20,
            "input_tokens_details": {"cached_tokens": 64},
            "output_tokens_details": {"reasoning_tokens": 8},
        },
        (90, 20, 64, 8),
    ),
    (
        {
            "input_tokens": 90,
            "output_tokens": 20,
            "details": {"input_tokens_details": {"cached_tokens": 64}, "total_tokens": 110},
        },
        (90, 20, 64, None),
    ),
    (
        {
            "prompt_tokens": 90,
            "completion_tokens": 20,
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
        (90, 20, None, 3),
    ),
]


@pytest.mark.parametrize(("usage", "expected"), TOKENS)
def test_tokens(usage: Record, expected: tuple[Any, ...]) -> None:
    row = rows(read(span("a", (0, 1), {"type": "generation", "usage": usage})))["a"]

    columns = ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")
    assert tuple(row.get(name) for name in columns) == expected


def test_a_count_of_nothing_is_none() -> None:
    """What a stream of chat completions ends with when the server told no usage."""
    usage = {
        "requests": 1,
        "input_tokens": 0,
        "output_tokens": 0,
        "output_tokens_details": {"reasoning_tokens": 0},
    }

    row = rows(read(span("a", (0, 1), {"type": "generation", "usage": usage})))["a"]

    assert not {"input_tokens", "output_tokens", "reasoning_tokens"} & row.keys()


def test_a_streamed_answer_is_known_by_the_id_of_its_parts() -> None:
    part = {"type": "function_call", "id": "__fake_id__", "provider_data": {"response_id": "chatcmpl-7"}}
    data = {"type": "generation", "output": [{"id": "__fake_id__", "output": ["x", {}, part]}]}

    assert rows(read(span("a", (0, 1), data)))["a"]["request_id"] == "chatcmpl-7"


def test_what_turns_and_tasks_carry_is_a_sum_and_not_counted() -> None:
    data = {"type": "custom", "name": "task", "data": {"sdk_span_type": "task", "usage": {"input_tokens": 9}}}

    assert "input_tokens" not in rows(read(span("a", (0, 1), data)))["a"]


def test_traces_of_a_group_are_one_session() -> None:
    found = read(trace("t", "thread"), trace("u", "thread"), trace("v", None))

    assert edges(found) == {
        ("trace:t", "session:openai-agents:thread"),
        ("trace:u", "session:openai-agents:thread"),
    }
    assert found.records == 3


HANDOFF = [
    span("g1", (0, 1), {"type": "generation"}, parent_id="a"),
    span("h", (1, 1.1), {"type": "handoff", "from_agent": "first", "to_agent": "second"}, parent_id="a"),
    span("a", (0, 1.2), agent("first"), parent_id="task"),
    span("g2", (1.3, 2), {"type": "generation"}, parent_id="b"),
    span("b", (1.3, 2), agent("second"), parent_id="task"),
    span("task", (0, 2), {"type": "custom", "name": "task", "data": {"sdk_span_type": "task", "name": "w"}}),
]


def _lanes(found: RawTrace) -> dict[str, str]:
    return {name: row["agent_key"] for name, row in rows(found).items() if row["kind"] == "agent"}


def test_an_agent_that_is_handed_to_goes_on_in_the_lane_of_the_other() -> None:
    found = read(*HANDOFF)

    assert _lanes(found) == {"a": "t/a", "b": "t/a"}
    assert ("h", "b", "continues") in links(found)


def test_agents_one_after_the_other_without_a_handoff_are_two() -> None:
    found = read(*(record for record in HANDOFF if record["id"] != "h"))

    assert _lanes(found) == {"a": "t/a", "b": "t/b"}


def test_an_agent_called_as_a_tool_is_its_own_however_often() -> None:
    calls = [
        span("a", (0, 9), agent("main")),
        span("f1", (1, 3), {"type": "function", "name": "ask"}, parent_id="a"),
        span("b1", (1, 3), agent("helper"), parent_id="f1"),
        span("f2", (4, 6), {"type": "function", "name": "ask"}, parent_id="a"),
        span("b2", (4, 6), agent("helper"), parent_id="f2"),
    ]

    assert _lanes(read(*calls)) == {"a": "t/a", "b1": "t/b1", "b2": "t/b2"}


def test_the_next_trace_of_a_group_goes_on_with_the_same_agent() -> None:
    later = span("c", (9, 10), agent("second"), trace_id="u")
    other = span("d", (9, 10), agent("second"), trace_id="v")

    found = read(*HANDOFF, trace("t", "thread"), trace("u", "thread"), later, other)

    assert _lanes(found) == {"a": "t/a", "b": "t/a", "c": "t/a", "d": "v/d"}


def test_a_lane_bears_the_name_of_the_agent_that_it_began_with() -> None:
    built = assemble([ReadSource("by hand", "openai-agents", 1, read(*HANDOFF))])

    assert [row["name"] for row in built.agents.to_pylist()] == ["first"]


def _run(name: str, bounds: tuple[float, float], trace_id: str) -> list[Record]:
    task = {"type": "custom", "name": "task", "data": {"sdk_span_type": "task"}}
    inside = {"trace_id": trace_id, "parent_id": name}
    return [
        span(name, bounds, task, trace_id=trace_id),
        span(f"{name}.a", bounds, agent("desk"), **inside),
        span(f"{name}.g", bounds, {"type": "generation"}, **inside | {"parent_id": f"{name}.a"}),
    ]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(("group", "waits"), [("thread", [(2, 5)]), (None, [])])
def test_between_the_traces_of_a_group_the_user_is_waited_for(
    group: str | None, waits: list[tuple[int, int]], times: int
) -> None:
    """Not between the runs of one trace: there the program goes on by itself. A run that is told twice is one."""
    records = [*_run("a", (0, 1), "t"), *_run("b", (1.5, 2), "t"), *_run("c", (5, 6), "u") * times]
    read_in = read(*records, trace("t", group), trace("u", group))

    built = assemble([ReadSource("by hand", "openai-agents", 1, read_in)]).spans.to_pylist()

    found = [(row["start_ns"], row["end_ns"]) for row in built if row["kind"] == "user_wait"]
    assert found == [(ELEVEN + start * S, ELEVEN + end * S) for start, end in waits]


def test_one_agent_run_twice_at_once_is_two() -> None:
    found = read(span("a", (0, 5), agent("x")), span("b", (1, 6), agent("x")))

    assert _lanes(found) == {"a": "t/a", "b": "t/b"}


def test_requests_after_a_handoff_are_the_main_agents() -> None:
    built = assemble([ReadSource("by hand", "openai-agents", 1, read(*HANDOFF))])

    assert len(built.agents) == 1


def test_a_span_that_is_exported_when_it_starts_and_when_it_ends_counts_once() -> None:
    started = span("g", (1, None), {"type": "generation"}, parent_id="a")
    ended = span("g", (1, 2), {"type": "generation"}, parent_id="a")

    built = assemble([ReadSource("by hand", "x", 1, read(started, ended, span("a", (0, 2), agent("x"))))])

    kinds = [row["kind"] for row in built.spans.to_pylist()]
    assert kinds.count("request") == 1


@pytest.mark.parametrize(
    "value",
    [
        {"data": [trace("t", None), HANDOFF[0]]},
        [HANDOFF[0]],
        HANDOFF[0],
        trace("t", None) | {"spans": HANDOFF},
    ],
)
def test_its_containers_are_recognised_and_read(value: Any) -> None:
    assert claimed(value) == "openai-agents"
    assert rows(read_json(value, "openai-agents"))["g1"]["kind"] == "request"


@pytest.mark.parametrize(
    "broken", ["id", "parent_id", "started_at", "ended_at", "error", "usage", "name", "type"]
)
@pytest.mark.parametrize("value", [7.5, "never", [[]], {"a": [{}]}, True, -1, 10**30, "\ud800"])
def test_a_field_of_another_type_costs_that_field_only(broken: str, value: Any) -> None:
    hurt = span("a", (0, 1), {"type": "generation", "model": "m"}) | {broken: value}
    hurt["span_data"] |= {broken: value}

    found = rows(read(json.loads(json.dumps(hurt)), span("b", (1, 2), {"type": "function", "name": "f"})))

    assert len(found) == 2
    assert found["b"]["kind"] == "tool"
    assert found["b"]["end_ns"] == ELEVEN + 2 * S


def test_what_is_no_record_is_told() -> None:
    found = read_json([HANDOFF[0], None, {"object": "thread"}], "openai-agents")

    assert found.records == 3
    assert findings(found) == {"not_a_record": 1, "record_unusable": 1}


def test_a_span_without_an_id_is_around_nothing() -> None:
    nameless = span("g", (0, 1), {"type": "generation"}) | {"id": None}

    later = span("c", (9, 10), agent("second"), trace_id="u")
    grouped = [trace("t", "thread"), trace("u", "thread"), later]
    assert _lanes(read(*HANDOFF, *grouped, nameless | {"trace_id": "u"}))["c"] == "t/a"


def test_a_page_that_begins_with_a_stray_list_is_recognised() -> None:
    page = {"data": [[[1]], *HANDOFF]}

    assert claimed(page) == "openai-agents"
