"""What LangSmith's runs mean: kinds, times, tokens, tool calls, threads, and batches that complete runs."""

from typing import Any

import pytest

from agenttrace.ingest.raw import RawTrace
from unit.ingest.reading_raw import Record, claimed, edges, findings, links, read_json, read_lines, rows

S = 10**9
MS = 10**6
TWELVE = 1_772_712_000 * S
"""2026-03-05 12:00 UTC."""


def run(name: str, kind: str, start_s: float, end_s: float | None, **more: Any) -> Record:
    """A run of trace t, at seconds after twelve, as the API writes its times: without a zone."""
    return {
        "id": name,
        "name": f"name {name}",
        "run_type": kind,
        "trace_id": "t",
        "parent_run_id": None,
        "start_time": _at(start_s),
        "end_time": None if end_s is None else _at(end_s),
        **more,
    }


def _at(seconds: float) -> str:
    return f"2026-03-05T12:00:{seconds:09.6f}"


def read(*runs: Record) -> RawTrace:
    return read_lines(list(runs), "langsmith")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("llm", "request"),
        ("LLM", "request"),
        ("tool", "tool"),
        ("retriever", "tool"),
        ("embedding", "tool"),
        ("chain", "other"),
        ("prompt", "other"),
        ("parser", "other"),
    ],
)
def test_types_of_runs(kind: str, expected: str) -> None:
    assert rows(read(run("a", kind, 0, 1)))["a"]["kind"] == expected


@pytest.mark.parametrize(
    "start",
    [
        "2026-03-05T12:00:01.500000",
        "2026-03-05T12:00:01.500Z",
        "2026-03-05 13:00:01.500+01:00",
        1_772_712_001_500,
        1_772_712_001.5,
    ],
)
def test_times_in_every_notation_and_utc_where_no_zone_is_told(start: Any) -> None:
    trace = read(run("a", "llm", 0, 9) | {"start_time": start})

    assert rows(trace)["a"]["start_ns"] == TWELVE + 1500 * MS
    assert findings(trace) == {}


def test_the_first_token_is_measured_from_its_field_or_from_the_first_event() -> None:
    events = [
        {"name": "start", "time": _at(1)},
        {"name": "new_token", "time": _at(2.5), "kwargs": {"token": "secret"}},
        {"name": "new_token", "time": _at(2.25)},
    ]

    found = rows(
        read(
            run("a", "llm", 1, 4, first_token_time=_at(2), events=events),
            run("b", "llm", 1, 4, events=events),
            run("c", "llm", 1, 4, events=events[:1]),
        )
    )

    assert (found["a"]["first_token_ns"], found["a"]["decode_ns"]) == (TWELVE + 2 * S, 2 * S)
    assert (found["b"]["first_token_ns"], found["b"]["first_token_evidence"]) == (
        TWELVE + 2250 * MS,
        "measured",
    )
    assert "first_token_ns" not in found["c"]
    assert "secret" not in str(found)


MESSAGE = {
    "kwargs": {
        "content": "secret",
        "tool_calls": [{"name": "find", "id": "c1", "args": {}, "type": "tool_call"}],
        "response_metadata": {"model_name": "m-2"},
        "usage_metadata": {
            "input_tokens": 100,
            "output_tokens": 9,
            "input_token_details": {"cache_read": 64, "cache_creation": 16},
            "output_token_details": {"reasoning": 4},
        },
    }
}
ANSWER = {"generations": [[{"text": "secret", "message": MESSAGE}]]}
FULL = (100, 64, 16, 9, 4)
TOKENS: list[tuple[str, Record, tuple[Any, ...]]] = [
    ("columns", {"prompt_tokens": 30, "completion_tokens": 4}, (30, None, None, 4, None)),
    ("the message", {"prompt_tokens": 0, "completion_tokens": 0, "outputs": ANSWER}, FULL),
    (
        "columns, and details of the message",
        {"prompt_tokens": 100, "completion_tokens": 9, "outputs": ANSWER},
        FULL,
    ),
    (
        "details a level deeper",
        {
            "prompt_tokens": 90,
            "completion_tokens": 2,
            "prompt_token_details": {"raw": {"cache_read": 70, "ephemeral_5m_input_tokens": 5}},
        },
        (90, 70, 5, 2, None),
    ),
    (
        "an older model",
        {"outputs": {"llm_output": {"token_usage": {"prompt_tokens": 8, "completion_tokens": 3}}}},
        (8, None, None, 3, None),
    ),
    (
        "metadata",
        {"extra": {"metadata": {"usage_metadata": {"input_tokens": 5}}}},
        (5, None, None, None, None),
    ),
    ("no tokens at all are unknown ones", {"prompt_tokens": 0, "completion_tokens": 0}, (None,) * 5),
]


@pytest.mark.parametrize(("case", "more", "expected"), TOKENS, ids=[case for case, _, _ in TOKENS])
def test_tokens(case: str, more: Record, expected: tuple[Any, ...]) -> None:
    row = rows(read(run("a", "llm", 0, 1, **more)))["a"]

    columns = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens")
    assert tuple(row.get(name) for name in columns) == expected, case


def test_the_sums_that_chains_carry_are_not_counted() -> None:
    assert (
        "input_tokens" not in rows(read(run("a", "chain", 0, 1, prompt_tokens=9, completion_tokens=9)))["a"]
    )


def test_the_model_is_the_one_that_answered() -> None:
    asked = {"metadata": {"ls_model_name": "m-1"}}

    found = rows(read(run("a", "llm", 0, 1, extra=asked, outputs=ANSWER), run("b", "llm", 0, 1, extra=asked)))

    assert (found["a"]["model"], found["b"]["model"]) == ("m-2", "m-1")
    assert "secret" not in str(found)


def test_tool_calls_hang_on_who_asked_and_feed_who_got_the_result() -> None:
    trace = read(
        run("a", "llm", 0, 1, outputs=ANSWER),
        run("b", "tool", 1, 2, outputs={"output": {"type": "tool", "tool_call_id": "c1"}}),
        run("c", "llm", 2, 3, inputs={"messages": [[{"kwargs": {"tool_call_id": "c1", "content": "x"}}]]}),
    )

    assert links(trace) == {("a", "b", "feeds"), ("b", "c", "feeds")}


def test_the_run_of_an_agent_within_another_is_a_subagent() -> None:
    """LangChain writes the name of an agent on every run inside it, whatever that is called itself."""
    outer, inner = ({"extra": {"metadata": {"lc_agent_name": f"name {name}"}}} for name in ("desk", "pilot"))

    found = rows(
        read(
            run("desk", "chain", 0, 9, **outer),
            run("ask", "tool", 1, 8, parent_run_id="desk", **outer),
            run("pilot", "chain", 2, 7, parent_run_id="ask", **inner),
            run("model", "chain", 3, 6, parent_run_id="pilot", **inner),
        )
    )

    kinds = {row["name"]: row["kind"] for row in found.values()}
    assert kinds == {"name pilot": "agent", "name desk": "other", "name ask": "tool", "name model": "other"}


def test_a_failed_run_is_known_by_the_class_of_its_error() -> None:
    error = "RateLimitError('secret')\n\nTraceback (most recent call last):\n secret"

    row = rows(read(run("a", "llm", 0, 1, status="error", error=error, tags=["retry:attempt:2"])))["a"]

    assert (row["status"], row["error"], row["attempt"]) == ("error", "RateLimitError", 2)
    assert "secret" not in str(row)


def test_a_thread_joins_traces_and_a_project_does_not() -> None:
    def of(name: str, **metadata: str) -> Record:
        return run(name, "chain", 0, 1, trace_id=name, session_id="project", extra={"metadata": metadata})

    trace = read(of("a", thread_id="x"), of("b", thread_id="x"), of("c"), of("d", session_id="y"))

    assert edges(trace) == {
        ("trace:a", "session:langsmith:x"),
        ("trace:b", "session:langsmith:x"),
        ("trace:d", "session:langsmith:y"),
    }
    kinds = {name: row["kind"] for name, row in rows(trace).items()}
    assert kinds == {"a": "interaction", "b": "interaction", "c": "other", "d": "interaction"}


def test_a_dotted_order_says_what_other_fields_leave_out() -> None:
    order = "20260305T120001500000Za1.20260305T120002250000Zb2"
    bare = {"run_type": "llm", "dotted_order": order, "end_time": _at(3)}

    row = rows(read(bare))["b2"]

    assert (row["parent_key"], row["session_key"]) == ("a1/a1", "trace:a1")
    assert row["start_ns"] == TWELVE + 2250 * MS


def test_batches_create_runs_and_complete_them() -> None:
    post = [run("a", "llm", 1, None), run("b", "chain", 0, None)]
    patch = [{"id": "a", "trace_id": "t", "end_time": _at(4), "outputs": ANSWER, "prompt_tokens": 100}]

    trace = read_json({"post": post, "patch": patch}, "langsmith")

    found = rows(trace)
    assert (found["a"]["start_ns"], found["a"]["end_ns"]) == (TWELVE + S, TWELVE + 4 * S)
    assert (found["a"]["model"], found["a"]["kind"]) == ("m-2", "request")
    assert found["b"]["status"] == "unfinished"
    assert trace.records == 3


def test_runs_inside_runs_are_runs() -> None:
    tree = run("a", "chain", 0, 3, child_runs=[run("b", "llm", 0, 1, parent_run_id="a")])

    trace = read_json(tree, "langsmith")

    assert rows(trace)["b"]["parent_key"] == "t/a"
    assert trace.records == 2


def test_depth_of_runs_inside_runs_does_not_matter() -> None:
    tree = run("leaf", "llm", 0, 1)
    for number in range(200):
        tree = run(f"r{number}", "chain", 0, 1, child_runs=[tree])

    assert read_json(tree, "langsmith").records == 201


@pytest.mark.parametrize(
    "value",
    [
        [run("a", "llm", 0, 1)],
        {"runs": [run("a", "llm", 0, 1)], "cursors": {}},
        {"items": [run("a", "llm", 0, 1)], "next_cursor": None},
        {"post": [run("a", "llm", 0, None)], "patch": []},
        run("a", "llm", 0, 1),
    ],
)
def test_its_containers_are_recognised_and_read(value: Any) -> None:
    assert claimed(value) == "langsmith"
    assert rows(read_json(value, "langsmith"))["a"]["kind"] == "request"


FIELDS = (
    "start_time", "end_time", "parent_run_id", "dotted_order", "events", "extra", "outputs", "inputs", "tags",
    "error", "status", "first_token_time", "prompt_tokens", "prompt_token_details", "child_runs", "name",
)  # fmt: skip


@pytest.mark.parametrize("broken", FIELDS)
@pytest.mark.parametrize("value", [7.5, "never", [[]], {"a": [{}]}, True, -1, 10**30, "\ud800", [None, 3]])
def test_a_field_of_another_type_costs_that_field_only(broken: str, value: Any) -> None:
    found = rows(read(run("a", "llm", 0, 1) | {broken: value}, run("b", "tool", 1, 2)))

    assert found["a"]["kind"] == "request"
    assert found["b"]["end_ns"] == TWELVE + 2 * S


def test_what_is_no_run_is_told() -> None:
    trace = read_json([run("a", "llm", 0, 1), None, {"unlike": "any"}], "langsmith")

    assert trace.records == 3
    assert findings(trace) == {"not_a_record": 1, "record_unusable": 1}


def test_a_run_whose_prompt_fills_the_head_is_recognised() -> None:
    order = ("id", "name", "start_time", "run_type", "end_time", "inputs", "trace_id")
    whole = run("a", "llm", 0, 1, inputs={"messages": ["x" * 100_000]})

    assert claimed([{name: whole[name] for name in order}]) == "langsmith"
