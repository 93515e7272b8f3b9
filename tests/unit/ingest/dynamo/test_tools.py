"""What tool events become: a start and its end are one span."""

from typing import Any

import pytest

from unit.ingest.dynamo.rows import MS, T0, findings, line, only, read, spans, tool

START = T0 * MS
KEY = "tool:chain:call"


def test_a_start_and_its_end_are_one_span() -> None:
    trace = read(
        tool("tool_start", "chain", "call", 3, status="running"),
        tool("tool_end", "chain", "call", 3, 10, status="succeeded", duration_ms=7.25, output_tokens=120),
    )

    span = only(trace)
    assert {name: value for name, value in span.items() if value is not None} == {
        "session_key": "dynamo:chain",
        "span_key": KEY,
        "agent_key": "chain",
        "line": 2,
        "call_id": "call",
        "kind": "tool",
        "purpose": "turn",
        "name": "bash",
        "start_ns": START + 3 * MS,
        "end_ns": START + 10_250_000,
        "start_evidence": "measured",
        "end_evidence": "measured",
        "status": "ok",
        "tool_output_tokens": 120,
    }
    assert findings(trace) == {}


def test_the_end_may_come_first() -> None:
    end = tool("tool_end", "chain", "call", 3, 10)

    assert only(read(end, tool("tool_start", "chain", "call", 3)))["end_ns"] == START + 10 * MS


def test_one_id_in_two_chains_is_two_calls() -> None:
    trace = read(tool("tool_end", "a", "call", 0, 5), tool("tool_end", "b", "call", 1, 6))

    assert set(spans(trace)) == {"tool:a:call", "tool:b:call"}


def test_a_start_without_end_is_unfinished() -> None:
    span = only(read(tool("tool_start", "chain", "call", 3, status="running")))

    assert (span["status"], span["end_ns"], span["end_evidence"]) == ("unfinished", None, "unknown")
    assert span["start_ns"] == START + 3 * MS


def test_an_id_that_is_used_again_keeps_both_calls() -> None:
    trace = read(
        tool("tool_start", "chain", "call", 0),
        tool("tool_start", "chain", "call", 50),
        tool("tool_end", "chain", "call", 50, 60),
    )

    rows = [(r["span_key"], r["start_ns"], r["status"]) for r in trace.spans.to_pylist()]
    assert sorted(rows) == [(KEY, START, "unfinished"), (KEY, START + 50 * MS, "ok")]


def test_the_start_is_taken_from_its_event_where_the_end_lacks_it() -> None:
    end = tool("tool_end", "chain", "call", 0, 10)
    del end["tool"]["started_at_unix_ms"], end["tool"]["tool_class"]

    span = only(read(tool("tool_start", "chain", "call", 3), end))

    assert (span["start_ns"], span["start_evidence"], span["name"]) == (START + 3 * MS, "measured", "bash")


def test_the_first_generation_states_a_duration_and_the_record_an_end() -> None:
    end = tool("tool_end", "chain", "call", 0, 500, duration_ms=420.5)
    del end["tool"]["started_at_unix_ms"], end["tool"]["ended_at_unix_ms"]

    span = only(read(end))

    assert (span["start_ns"], span["end_ns"]) == (START + 79_500_000, START + 500 * MS)
    assert (span["start_evidence"], span["end_evidence"]) == ("bounded", "bounded")


def test_an_end_and_a_duration_give_the_start() -> None:
    end = tool("tool_end", "chain", "call", 0, 500, duration_ms=420.5)
    del end["tool"]["started_at_unix_ms"]

    span = only(read(end))

    assert (span["start_ns"], span["start_evidence"]) == (START + 79_500_000, "derived")


def test_a_duration_that_contradicts_the_instants_is_not_used() -> None:
    trace = read(tool("tool_end", "chain", "call", 0, 90, duration_ms=50.0))

    assert only(trace)["end_ns"] == START + 90 * MS
    assert findings(trace) == {"tool_duration_differs": 1}


def test_an_end_before_the_start_gives_way_to_the_duration() -> None:
    trace = read(tool("tool_end", "chain", "call", 90, 10, duration_ms=50.0))

    assert only(trace)["end_ns"] == START + 140 * MS
    assert findings(trace) == {"tool_duration_differs": 1}


@pytest.mark.parametrize(
    ("kind", "word", "status"),
    [
        ("tool_end", None, "ok"),
        ("tool_end", "ok", "ok"),
        ("tool_end", "success", "ok"),
        ("tool_end", "running", "ok"),
        ("tool_end", "failed", "error"),
        ("tool_end", "timeout", "cancelled"),
        ("tool_end", "canceled", "cancelled"),
        ("tool_error", None, "error"),
        ("tool_error", "cancelled", "cancelled"),
        ("tool_error", ["error"], "error"),
    ],
)
def test_how_it_ended(kind: str, word: Any, status: str) -> None:
    assert only(read(tool(kind, "chain", "call", 0, 5, status=word)))["status"] == status


def test_the_type_of_an_error_is_kept() -> None:
    span = only(read(tool("tool_error", "chain", "call", 0, 5, error_type="timeout")))

    assert (span["status"], span["error"]) == ("error", "timeout")


def test_claude_names_the_requests_on_both_sides_and_the_child() -> None:
    claude = {
        "source_request_id": "before",
        "consumer_request_id": "after",
        "child_session_id": "child",
        "execution_mode": "background",
    }

    trace = read(tool("tool_end", "chain", "call", 0, 5, claude=claude))

    links = [(r["from_key"], r["to_key"], r["kind"], r["rule"]) for r in trace.links.to_pylist()]
    assert links == [
        ("request:before", KEY, "feeds", "tool.claude.source_request_id"),
        (KEY, "request:after", "feeds", "tool.claude.consumer_request_id"),
    ]
    (child,) = [row for row in trace.agents.to_pylist() if row["agent_key"] == "child"]
    assert (child["parent_agent_key"], child["spawn_key"], child["background"]) == ("chain", KEY, True)
    assert trace.key_edges.to_pylist() == [{"key_a": "dynamo:child", "key_b": "dynamo:chain", "strong": True}]


@pytest.mark.parametrize("claude", [None, 5, [], {}, {"child_session_id": 5}, {"child_session_id": "chain"}])
def test_without_facts_claude_adds_nothing(claude: Any) -> None:
    trace = read(tool("tool_end", "chain", "call", 0, 5) | {})
    odd = tool("tool_end", "chain", "call", 0, 5)
    odd["tool"]["claude"] = claude

    assert read(odd).links.num_rows == 0
    assert read(odd).agents.equals(trace.agents)


def test_without_an_id_an_event_is_told_by_its_start() -> None:
    trace = read(
        tool("tool_end", "chain", "", 3, 10),
        tool("tool_end", "chain", "", 4, 10, started_at_unix_ms=None),
    )

    assert set(spans(trace)) == {f"tool:chain@{(T0 + 3) * MS}:bash"}
    assert findings(trace) == {"tool_without_id": 2}


def test_bytes_of_half_a_surrogate_pair_in_a_name_cost_that_letter() -> None:
    """They are no UTF-8, but Python's reader of JSON, which a NaN calls for, lets them pass."""
    whole = line(tool("tool_end", "chain", "call", 0, 5, tool_class="web_search!", output_bytes=float("nan")))
    found = only(read(whole.replace(b"!", b"\xed\xa0\x80")))

    assert found["name"] == "web_search?"
