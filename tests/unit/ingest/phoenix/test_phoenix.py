"""What Phoenix's records mean, in each of the forms in which its spans are exported."""

import json
from pathlib import Path
from typing import Any

import pytest

from agenttrace.ingest.raw import RawTrace
from unit.ingest.reading_raw import Record, claimed, edges, findings, links, read_json, read_lines, rows

S = 10**9
MS = 10**6
TEN = 1_772_532_000 * S
"""2026-03-03 10:00 UTC."""

SAMPLES = Path(__file__).resolve().parents[4] / "sample_traces" / "phoenix"


def span(number: int, kind: str, start_s: float, end_s: float, **more: Any) -> Record:
    """A span of trace t, at seconds after ten."""
    return {
        "name": f"name {number}",
        "context": {"trace_id": "t", "span_id": f"s{number}"},
        "span_kind": kind,
        "parent_id": None,
        "start_time": f"2026-03-03T10:00:{start_s:09.6f}+00:00",
        "end_time": f"2026-03-03T10:00:{end_s:09.6f}+00:00",
        "status_code": "OK",
        "attributes": {},
        "events": [],
        **more,
    }


def read(*spans: Record) -> RawTrace:
    return read_json(list(spans), "phoenix")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("LLM", "request"),
        ("llm", "request"),
        ("AGENT", "agent"),
        ("TOOL", "tool"),
        ("RETRIEVER", "tool"),
        ("CHAIN", "other"),
        ("UNKNOWN", "other"),
    ],
)
def test_kinds_of_spans(kind: str, expected: str) -> None:
    assert rows(read(span(1, kind, 0, 1)))["s1"]["kind"] == expected


def test_times_keep_their_microseconds() -> None:
    row = rows(read(span(1, "LLM", 1.000001, 2.000002)))["s1"]

    assert (row["start_ns"], row["end_ns"]) == (TEN + S + 1000, TEN + 2 * S + 2000)
    assert row["start_evidence"] == row["end_evidence"] == "measured"


def test_a_child_that_outlives_its_parent_keeps_its_end() -> None:
    found = rows(read(span(1, "AGENT", 0, 1), span(2, "LLM", 5, 9, parent_id="s1")))

    assert found["s2"]["parent_key"] == "t/s1"
    assert (found["s2"]["start_ns"], found["s2"]["end_ns"]) == (TEN + 5 * S, TEN + 9 * S)


def test_flat_and_nested_attributes_say_the_same() -> None:
    flat = {
        "llm.model_name": "m",
        "llm.token_count.prompt": 30,
        "llm.token_count.prompt_details.cache_read": 20,
        "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c",
        "session.id": "chat",
    }
    nested = {
        "llm": {
            "model_name": "m",
            "token_count": {"prompt": 30, "prompt_details": {"cache_read": 20}},
            "output_messages": [{"message": {"content": "x", "tool_calls": [{"tool_call": {"id": "c"}}]}}],
        },
        "session": {"id": "chat"},
    }
    tool = span(2, "TOOL", 1, 2, attributes={"tool_call.id": "c"})

    one, other = (read(span(1, "LLM", 0, 1, attributes=each), tool) for each in (flat, nested))

    assert rows(one) == rows(other)
    assert links(one) == links(other) == {("s1", "s2", "feeds")}
    assert edges(one) == edges(other) == {("trace:t", "session:phoenix:chat")}
    assert rows(one)["s1"]["cache_read_tokens"] == 20


def test_the_first_token_event_is_measured() -> None:
    event = {"name": "First Token Stream Event", "timestamp": "2026-03-03T10:00:01.250Z", "attributes": {}}

    row = rows(read(span(1, "LLM", 1, 3, events=[event])))["s1"]

    assert (row["first_token_ns"], row["first_token_evidence"]) == (TEN + 1250 * MS, "measured")
    assert row["decode_ns"] == 1750 * MS


def test_an_exception_is_known_by_its_type_only() -> None:
    event = {"name": "exception", "attributes": {"exception.type": "Boom", "exception.message": "secret"}}

    row = rows(read(span(1, "TOOL", 0, 1, status_code="ERROR", events=[event])))["s1"]

    assert (row["status"], row["error"]) == ("error", "Boom")
    assert "secret" not in str(row)


def test_ids_are_any_text_and_zeros_are_an_id() -> None:
    zero = {"trace_id": "Zz-1", "span_id": "0" * 16}
    child = span(2, "LLM", 0, 1, parent_id="0" * 16, context={"trace_id": "Zz-1", "span_id": "y"})

    found = rows(read(span(1, "AGENT", 0, 1, context=zero), child))

    assert found["y"]["parent_key"] == "Zz-1/0"
    assert found["0"]["kind"] == "agent"


def _frame(name: str) -> Any:
    """The same two spans as pandas writes a frame in that orientation."""
    columns: dict[str, Record] = {
        "name": {"s1": "a", "s2": "b"},
        "span_kind": {"s1": "LLM", "s2": "TOOL"},
        "parent_id": {"s1": None, "s2": "s1"},
        "start_time": {"s1": TEN // MS, "s2": TEN // MS + 1},
        "end_time": {"s1": TEN // MS + 5, "s2": TEN // MS + 6},
        "context.trace_id": {"s1": "t", "s2": "t"},
        "attributes.llm.token_count.prompt": {"s1": 7.0, "s2": None},
        "attributes.llm.input_messages": {"s1": [{"message": {"content": "x"}}], "s2": None},
    }
    index = {key: {column: cells[key] for column, cells in columns.items()} for key in ("s1", "s2")}
    return {
        "columns": columns,
        "index": index,
        "records": [{"context.span_id": key, **row} for key, row in index.items()],
        "split": {
            "columns": list(columns),
            "index": list(index),
            "data": [list(row.values()) for row in index.values()],
        },
    }[name]


@pytest.mark.parametrize("orientation", ["columns", "index", "records", "split"])
def test_data_frames_in_every_orientation(orientation: str) -> None:
    frame = _frame(orientation)

    trace = read_json(frame, "phoenix")

    found = rows(trace)
    assert claimed(frame) == "phoenix"
    assert found["s1"]["input_tokens"] == 7
    assert (found["s1"]["start_ns"], found["s2"]["end_ns"]) == (TEN, TEN + 6 * MS)
    assert found["s2"]["parent_key"] == "t/s1"
    assert trace.records == 2


@pytest.mark.parametrize(
    "value",
    [
        {"data": [span(1, "LLM", 0, 1)], "next_cursor": None},
        [{"traceId": "t", "spans": [span(1, "LLM", 0, 1)], "rootSpan": span(1, "LLM", 0, 1)}],
        {"good": [span(1, "LLM", 0, 1)], "bad": [span(2, "LLM", 0, 1)]},
        span(1, "LLM", 0, 1),
    ],
)
def test_its_containers_are_recognised_and_read(value: Any) -> None:
    assert claimed(value) == "phoenix"
    assert "s1" in rows(read_json(value, "phoenix"))


def test_the_same_spans_in_two_forms_are_the_same_rows() -> None:
    page = json.loads((SAMPLES / "spans.json").read_text())
    lines = [json.loads(line) for line in (SAMPLES / "spans.jsonl").read_text().splitlines()]

    one, other = rows(read_json(page, "phoenix")), rows(read_lines(lines, "phoenix"))

    assert one == other
    assert len(one) == 9


@pytest.mark.parametrize("broken", ["start_time", "end_time", "attributes", "events", "parent_id", "name"])
@pytest.mark.parametrize("value", [7.5, "never", [[]], {"a": [{}]}, True, -1, 10**30, "9" * 400, "\ud800"])
def test_a_field_of_another_type_costs_that_field_only(broken: str, value: Any) -> None:
    hurt = span(1, "LLM", 0, 1) | {broken: value}

    found = rows(read(hurt, span(2, "TOOL", 1, 2)))

    assert found["s1"]["kind"] == "request"
    assert found["s2"]["end_ns"] == TEN + 2 * S


def test_what_is_no_span_is_told() -> None:
    trace = read_json([span(1, "LLM", 0, 1), None, {"a": "b"}], "phoenix")

    assert trace.records == 3
    assert findings(trace) == {"not_a_record": 1, "record_unusable": 1}
