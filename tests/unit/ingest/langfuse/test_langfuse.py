"""What Langfuse's records mean: kinds, times, tokens, sessions, and events that add up."""

from typing import Any

import pytest

from unit.ingest.reading_raw import Record, claimed, edges, findings, links, read_json, read_lines, rows

S = 10**9
MS = 10**6
NINE = 1_772_442_000 * S
"""2026-03-02 09:00 UTC."""


def observation(number: int, kind: str, start_s: float, end_s: float | None, **more: Any) -> Record:
    """An observation of trace t, at seconds after nine."""
    return {
        "id": f"o{number}",
        "traceId": "t",
        "type": kind,
        "name": f"name {number}",
        "startTime": _at(start_s),
        "endTime": None if end_s is None else _at(end_s),
        **more,
    }


def _at(seconds: float) -> str:
    return f"2026-03-02T09:00:{seconds:06.3f}Z"


def read(*observations: Record) -> Any:
    return read_json({"trace": {"id": "t"}, "observations": list(observations)}, "langfuse")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("GENERATION", "request"),
        ("AGENT", "agent"),
        ("TOOL", "tool"),
        ("RETRIEVER", "tool"),
        ("EMBEDDING", "tool"),
        ("SPAN", "other"),
        ("CHAIN", "other"),
        ("GUARDRAIL", "other"),
        ("EVALUATOR", "other"),
        ("EVENT", "other"),
    ],
)
def test_types_of_observations(kind: str, expected: str) -> None:
    assert rows(read(observation(1, kind, 0, 1)))["o1"]["kind"] == expected


def test_the_attributes_of_an_instrumentation_know_better_than_an_untyped_observation() -> None:
    told = observation(1, "SPAN", 0, 1, metadata={"attributes": {"openinference.span.kind": "TOOL"}})
    text = observation(2, "SPAN", 0, 1, metadata='{"attributes": {"gen_ai.tool.call.id": "c"}}')

    found = rows(read(told, text))

    assert [found["o1"]["kind"], found["o2"]["kind"]] == ["tool", "tool"]


def test_the_wrapper_of_a_generation_is_no_request_of_its_own() -> None:
    outer = observation(1, "GENERATION", 0, 1, metadata={"attributes": {"ai.operationId": "ai.generateText"}})

    assert rows(read(outer))["o1"]["kind"] == "other"


def test_an_untyped_observation_that_returns_a_tool_message_is_a_tool_call() -> None:
    asks = observation(
        1, "GENERATION", 0, 1, output={"tool_calls": [{"id": "c1", "function": {"name": "find"}}]}
    )
    tool = observation(2, "SPAN", 1, 2, output='{"type": "tool", "tool_call_id": "c1", "content": "x"}')
    whole = observation(3, "SPAN", 0, 3, output={"messages": [{"type": "tool", "tool_call_id": "c1"}]})
    again = observation(4, "GENERATION", 2, 3, input=[{"role": "tool", "tool_call_id": "c1"}])

    trace = read(asks, tool, whole, again)

    assert {name: row["kind"] for name, row in rows(trace).items()} == {
        "o1": "request", "o2": "tool", "o3": "other", "o4": "request",
    }  # fmt: skip
    assert findings(trace)["tool_by_result"] == 1
    assert links(trace) == {("o1", "o2", "feeds"), ("o2", "o4", "feeds")}


def test_the_first_token_is_measured() -> None:
    row = rows(read(observation(1, "GENERATION", 1, 5, completionStartTime=_at(2.25))))["o1"]

    assert row["start_ns"] == NINE + S
    assert (row["first_token_ns"], row["first_token_evidence"]) == (NINE + 2250 * MS, "measured")
    assert (row["decode_ns"], row["decode_evidence"]) == (2750 * MS, "measured")
    assert "queue_ns" not in row
    assert "prefill_ns" not in row


def test_an_event_is_an_instant_and_anything_else_without_an_end_is_unfinished() -> None:
    trace = read(observation(1, "EVENT", 1, None), observation(2, "GENERATION", 1, None))

    found = rows(trace)

    assert found["o1"]["end_ns"] == found["o1"]["start_ns"]
    assert "end_ns" not in found["o2"]
    assert found["o2"]["status"] == "unfinished"
    assert findings(trace)["no_end"] == 1


def test_an_error_is_a_failed_attempt() -> None:
    row = rows(read(observation(1, "GENERATION", 1, 2, level="ERROR", statusMessage="secret")))["o1"]

    assert (row["status"], row["purpose"]) == ("error", "failed_attempt")
    assert "secret" not in str(row)


USAGE: list[tuple[str, Record, tuple[Any, ...]]] = [
    ("parts beside each other", {"input": 30, "input_cached_tokens": 20, "output": 4}, (50, 20, None, 4)),
    (
        "a sum that agrees",
        {"input": 30, "input_cache_read": 20, "output": 4, "output_reasoning": 6, "total": 60},
        (50, 20, None, 10),
    ),
    (
        "anthropic",
        {"input": 12, "cache_read_input_tokens": 2048, "cache_creation_input_tokens": 256, "output": 130},
        (2316, 2048, 256, 130),
    ),
    (
        "two lifetimes of a cache",
        {"input": 2, "input_cache_creation": 0, "input_cache_creation_5m": 3, "input_cache_creation_1h": 5},
        (10, None, 8, None),
    ),
    ("details under another name", {"input": 190, "prompt_details.cache_read": 90}, (190, 90, None, None)),
    (
        "a total that says that the details are in the input",
        {"input": 100, "input_cache_read": 80, "output": 5, "total": 105},
        (100, 80, None, 5),
    ),
    (
        "openai, as its SDK says it",
        {"prompt_tokens": 100, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": 64}},
        (100, 64, None, 7),
    ),
    ("nonsense", {"input": "many", "output": -1}, (None, None, None, None)),
]


@pytest.mark.parametrize(("case", "usage", "expected"), USAGE, ids=[case for case, _, _ in USAGE])
def test_input_includes_what_is_cached(case: str, usage: Record, expected: tuple[Any, ...]) -> None:
    row = rows(read(observation(1, "GENERATION", 0, 1, usageDetails=usage)))["o1"]

    columns = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
    assert tuple(row.get(name) for name in columns) == expected, case


def test_tokens_that_langfuse_counted_itself_are_an_estimate() -> None:
    plain = {"attributes": {"gen_ai.operation.name": "chat"}, "scope": {"name": "ai.koog"}}
    sent = {"attributes": {"gen_ai.usage.output_tokens": 3}, "scope": {"name": "ai.koog"}}
    usage = {"input": 4, "output": 3, "total": 7}

    found = rows(
        trace := read(
            observation(1, "GENERATION", 0, 1, usageDetails=usage, metadata=plain),
            observation(2, "GENERATION", 0, 1, usageDetails=usage, metadata=sent),
            observation(3, "GENERATION", 0, 1, usageDetails=usage),
        )
    )

    qualities = [found[name]["output_quality"] for name in ("o1", "o2", "o3")]
    assert qualities == ["estimated", "final", "final"]
    assert findings(trace)["estimated_usage"] == 1


def test_traces_of_one_session_are_joined_and_those_of_none_are_not() -> None:
    page = [
        {"id": f"t{n}", "timestamp": _at(0), "projectId": "p", "environment": "e", "sessionId": session}
        for n, session in enumerate(["chat", "chat", None, "default"])
    ]

    trace = read_json({"data": page, "meta": {}}, "langfuse")

    assert edges(trace) == {("trace:t0", "session:langfuse:chat"), ("trace:t1", "session:langfuse:chat")}
    assert trace.records == 4
    assert findings(trace) == {"trace_without_observations": 4, "placeholder_session_id": 1}


def test_rows_of_the_database_are_in_snake_case_and_without_a_zone() -> None:
    row = {
        "id": "o1", "trace_id": "t", "type": "GENERATION", "name": "x", "parent_observation_id": "o0",
        "start_time": "2026-03-02 09:00:01.500", "end_time": "2026-03-02 09:00:02.000",
        "completion_start_time": "2026-03-02 09:00:01.750", "usage_details": {"input": 3, "output": 1},
        "provided_model_name": "m", "session_id": "s",
    }  # fmt: skip

    trace = read_lines([row, row | {"id": "o2"}], "langfuse")

    found = rows(trace)["o1"]
    assert (found["start_ns"], found["end_ns"]) == (NINE + 1500 * MS, NINE + 2 * S)
    assert (found["first_token_ns"], found["model"], found["input_tokens"]) == (NINE + 1750 * MS, "m", 3)
    assert found["parent_key"] == "t/o0"
    assert edges(trace) == {("trace:t", "session:langfuse:s")}
    assert findings(trace) == {"no_time_zone": 4}
    assert trace.records == 2


def _event(kind: str, **body: Any) -> Record:
    return {"id": f"e-{kind}-{body.get('id')}", "type": kind, "timestamp": _at(0), "body": body}


def test_what_updates_leave_out_stays_as_it_was() -> None:
    events = [
        _event("generation-update", id="g", traceId="t", endTime=_at(4), usage={"promptTokens": 7}),
        _event("trace-create", id="t", sessionId="chat"),
        _event("generation-create", id="g", traceId="t", startTime=_at(1), model="m", name="answer"),
        _event("score-create", id="q", traceId="t", value=1),
    ]

    trace = read_json({"batch": events, "metadata": {}}, "langfuse")

    (row,) = rows(trace).values()
    assert (row["start_ns"], row["end_ns"], row["kind"]) == (NINE + S, NINE + 4 * S, "request")
    assert (row["model"], row["input_tokens"], row["name"]) == ("m", 7, "answer")
    assert edges(trace) == {("trace:t", "session:langfuse:chat")}
    assert findings(trace) == {"not_a_span": 1}
    assert trace.records == 4


@pytest.mark.parametrize(
    "value",
    [
        {"data": [observation(1, "SPAN", 0, 1)], "meta": {}},
        [observation(1, "SPAN", 0, 1)],
        observation(1, "TOOL", 0, 1),
        [{"trace": {"id": "t", "timestamp": _at(0), "projectId": "p", "tags": [], "environment": "e"}}],
        {"batch": [_event("span-create", id="s")]},
        [_event("span-create", id="s")],
    ],
)
def test_its_containers_are_recognised(value: Any) -> None:
    assert claimed(value) == "langfuse"


@pytest.mark.parametrize(
    "broken", ["startTime", "endTime", "completionStartTime", "usageDetails", "metadata"]
)
@pytest.mark.parametrize("value", [7.5, "never", [], {"a": [{}]}, True, -1, 10**30, "9" * 400, "\ud800"])
def test_a_field_of_another_type_costs_that_field_only(broken: str, value: Any) -> None:
    hurt = observation(1, "GENERATION", 0, 1, model="m") | {broken: value}

    found = rows(read(hurt, observation(2, "TOOL", 1, 2)))

    assert found["o1"]["model"] == "m"
    assert found["o2"]["end_ns"] == NINE + 2 * S


def test_what_is_no_record_is_told() -> None:
    trace = read_json([observation(1, "SPAN", 0, 1), 5, {"unlike": "any"}], "langfuse")

    assert trace.records == 3
    assert findings(trace) == {"not_a_record": 1, "record_unusable": 1}


def test_a_root_that_only_wraps_is_a_call_where_there_is_a_session() -> None:
    root = observation(1, "CHAIN", 0, 3)
    inner = observation(2, "CHAIN", 0, 3, parentObservationId="o1")

    trace = {"id": "t", "sessionId": "s"}
    with_session = rows(read_json({"trace": trace, "observations": [root, inner]}, "langfuse"))
    without = rows(read(root, inner))

    assert [with_session[name]["kind"] for name in ("o1", "o2")] == ["interaction", "other"]
    assert [without[name]["kind"] for name in ("o1", "o2")] == ["other", "other"]


@pytest.mark.parametrize("broken", ["observations", "sessionId", "timestamp", "id"])
@pytest.mark.parametrize("value", [7.5, "x", [[]], {"a": 1}, True])
def test_a_broken_trace_leaves_the_others(broken: str, value: Any) -> None:
    sound: Record = {"id": "t", "timestamp": _at(0), "projectId": "p", "environment": "e", "sessionId": "s"}
    sound["observations"] = [observation(1, "TOOL", 0, 1)]

    assert "o1" in rows(read_json([sound | {broken: value}, sound], "langfuse"))
