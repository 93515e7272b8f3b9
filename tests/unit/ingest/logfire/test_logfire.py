"""What the rows of Logfire's records mean, however a query returns them."""

import json
from typing import Any

import pytest

from agenttrace.ingest.assembly.assemble import ReadSource, assemble
from agenttrace.ingest.raw import RawTrace
from unit.ingest.reading_raw import Record, claimed, edges, findings, links, read_json, read_lines, rows

S = 10**9
ONE = 1_772_802_000 * S
"""2026-03-06 13:00 UTC."""
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}


def row(name: str, start_s: float, end_s: float, attributes: Any = None, **more: Any) -> Record:
    """A row of trace t, at seconds after one."""
    return {
        "trace_id": "t",
        "span_id": name,
        "parent_span_id": None,
        "span_name": f"name {name}",
        "kind": "span",
        "start_timestamp": _at(start_s),
        "end_timestamp": _at(end_s),
        "service_name": "desk",
        "attributes": attributes or {},
        **more,
    }


def _at(seconds: float) -> str:
    return f"2026-03-06T13:00:{seconds:09.6f}Z"


def read(*records: Record) -> RawTrace:
    return read_json({"schema": {"fields": []}, "data": list(records)}, "logfire")


def test_attributes_say_what_a_span_is_as_they_do_in_otlp() -> None:
    usage = {"gen_ai.usage.input_tokens": 30, "gen_ai.usage.details.cache_read_tokens": 20}

    trace = read(
        row("a", 0, 9, {"pydantic_ai.all_messages": [], "gen_ai.conversation.id": "c"}),
        row("b", 1.000001, 2, CHAT | usage, parent_span_id="a"),
        row("d", 2, 3, json.dumps({"gen_ai.tool.name": "find"}), parent_span_id="a"),
    )

    found = rows(trace)
    assert [found[name]["kind"] for name in "abd"] == ["agent", "request", "tool"]
    assert (found["b"]["start_ns"], found["b"]["model"]) == (ONE + S + 1000, "m")
    assert (found["b"]["input_tokens"], found["b"]["cache_read_tokens"]) == (30, 20)
    assert (found["d"]["name"], found["d"]["parent_key"]) == ("find", "t/a")
    assert edges(trace) == {("trace:t", "session:desk:c")}


def test_messages_that_the_database_parsed_still_tell_who_asked_for_a_tool() -> None:
    messages = [{"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "find"}]}]
    answers = [{"role": "user", "parts": [{"type": "tool_call_response", "id": "c1"}]}]

    trace = read(
        row("a", 0, 1, CHAT | {"gen_ai.output.messages": messages}),
        row("b", 1, 2, {"gen_ai.tool.name": "find", "gen_ai.tool.call.id": "c1"}),
        row("d", 2, 3, CHAT | {"gen_ai.input.messages": answers}),
    )

    assert links(trace) == {("a", "b", "feeds"), ("b", "d", "feeds")}


def test_an_end_that_was_not_selected_follows_from_the_duration() -> None:
    short = row("a", 1, 0, CHAT, duration=1.5)
    del short["end_timestamp"]
    bare = {name: value for name, value in short.items() if name != "duration"} | {"span_id": "b"}
    log = bare | {"span_id": "d", "kind": "log"}

    found = rows(read(short, bare, log))

    assert found["a"]["end_ns"] == ONE + 2 * S + S // 2
    assert found["b"]["status"] == "unfinished"
    assert found["d"]["end_ns"] == found["d"]["start_ns"]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"otel_status_code": "ERROR"}, "error"),
        ({"otel_status_code": "OK"}, "ok"),
        ({"is_exception": True, "level": 17, "exception_type": "Boom", "exception_message": "x"}, "error"),
        ({"is_exception": True, "level": 9}, None),
        ({}, None),
    ],
)
def test_status(more: Record, status: str | None) -> None:
    found = rows(read(row("a", 0, 1, CHAT, **more)))["a"]

    assert found.get("status") == status
    assert found.get("error") == more.get("exception_type")


def test_a_pending_span_counts_once_with_its_end_and_alone_as_unfinished() -> None:
    pending = row("a", 1, 1, CHAT, kind="pending_span")

    both = assemble([ReadSource("x", "x", 1, read(pending, row("a", 1, 2, CHAT)))])
    alone = rows(read(pending))["a"]

    requests = [each for each in both.spans.to_pylist() if each["kind"] == "request"]
    assert [(each["start_ns"], each["end_ns"]) for each in requests] == [(ONE + S, ONE + 2 * S)]
    assert (alone["kind"], alone["status"]) == ("request", "unfinished")
    assert "end_ns" not in alone


def test_a_pending_span_as_its_sdk_sent_it_announces_its_parent() -> None:
    sent = {"logfire.pending_parent_id": "0" * 16, "logfire.span_type": "pending_span"}

    found = rows(read(row("p", 1, 1, sent, kind="pending_span", parent_span_id="a", span_name="w (pending)")))

    assert found["a"]["name"] == "w"
    assert "p" not in found


def test_copies_of_span_events_are_left_out() -> None:
    trace = read(row("a", 0, 1, CHAT), row("e", 0.5, 0.5, kind="span_event"))

    assert set(rows(trace)) == {"a"}
    assert findings(trace) == {"span_event_row": 1}
    assert trace.records == 2


ROWS = [row("a", 0, 1, CHAT), row("b", 1, 2)]
COLUMNS = {
    "columns": [
        {"name": name, "datatype": "Utf8", "nullable": True, "values": [each[name] for each in ROWS]}
        for name in ROWS[0]
    ]
}


@pytest.mark.parametrize(
    "value",
    [
        {"schema": {"fields": []}, "data": ROWS},
        {"columns": [{"name": "trace_id", "datatype": "Utf8", "nullable": False}], "rows": ROWS},
        COLUMNS,
        ROWS,
    ],
)
def test_results_by_row_and_by_column_are_the_same(value: Any) -> None:
    assert claimed(value) == "logfire"
    assert rows(read_json(value, "logfire")) == rows(read(*ROWS))


def test_a_stream_is_known_whatever_names_of_columns_are() -> None:
    names: list[Any] = [["trace_id"], {}, None, "trace_id", "span_id", "start_timestamp"]
    assert claimed({"type": "schema", "schema": {"fields": [{"name": name} for name in names]}}) == "logfire"


def test_a_stream_is_known_by_its_schema_where_its_first_rows_are_too_long() -> None:
    fields = [{"name": name} for name in ("span_name", "trace_id", "span_id", "start_timestamp")]
    stream = [
        {"type": "schema", "schema": {"fields": fields}},
        {"type": "data", "rows": [{"span_name": "x" * 100_000, **row("a", 0, 1)}]},
    ]

    assert set(rows(read_lines(stream, "logfire"))) == {"a"}


def test_messages_of_a_stream() -> None:
    stream = [
        {"type": "schema", "schema": {"fields": []}},
        {"type": "data", "rows": ROWS[:1]},
        {"type": "data", "rows": ROWS[1:]},
        {"type": "end"},
    ]

    trace = read_lines(stream, "logfire")

    assert set(rows(trace)) == {"a", "b"}
    assert trace.records == 2
    assert findings(trace) == {}


FIELDS = (
    "attributes", "end_timestamp", "duration", "kind", "level", "otel_events", "otel_links", "span_name",
    "otel_resource_attributes", "service_name", "parent_span_id", "otel_status_code", "columns",
)  # fmt: skip


@pytest.mark.parametrize("broken", FIELDS)
@pytest.mark.parametrize("value", [7.5, "never", [[]], {"a": [{}]}, True, -1, 10**30, "\ud800", [None, {}]])
def test_a_field_of_another_type_costs_that_field_only(broken: str, value: Any) -> None:
    found = rows(read(row("a", 0, 1, CHAT) | {broken: value}, row("b", 1, 2, CHAT)))

    assert found["a"]["start_ns"] == ONE
    assert found["b"]["end_ns"] == ONE + 2 * S


def test_rows_without_ids_are_told() -> None:
    trace = read_json([ROWS[0], None, {"message": "x"}], "logfire")

    assert trace.records == 3
    assert findings(trace) == {"not_a_record": 1, "record_unusable": 1}
