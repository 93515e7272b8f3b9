"""Spans of Jaeger: times, references, tags, logs, processes."""

from __future__ import annotations

from typing import Any

import pytest

from agenttrace.ingest.raw import RawTrace
from unit.ingest.telemetry.raw_rows import by_key, findings, picked, read, rows

T0_US = 1_767_225_600_000_000
TRACE = "0af7651916cd43dd8448eb211c80319c"


def span(number: int, at_us: tuple[int, int], parent: int | None = None, **more: Any) -> dict[str, Any]:
    """A span from and to microseconds after T0."""
    references = [{"refType": "CHILD_OF", "traceID": TRACE, "spanID": ident(parent)}] if parent else []
    return {
        "traceID": TRACE,
        "spanID": ident(number),
        "operationName": f"operation {number}",
        "references": references,
        "startTime": T0_US + at_us[0],
        "duration": at_us[1] - at_us[0],
        "tags": [],
        "logs": [],
        "processID": "p1",
        "warnings": None,
    } | more


def ident(number: int) -> str:
    return f"{number:016x}"


def tag(key: str, value: Any, kind: str = "string") -> dict[str, Any]:
    return {"key": key, "type": kind, "value": value}


def trace(*spans: dict[str, Any], **more: Any) -> dict[str, Any]:
    processes = {"p1": {"serviceName": "agent", "tags": [tag("agenttrace.task_id", "task 7")]}}
    return {"traceID": TRACE, "spans": list(spans), "processes": processes, "warnings": None} | more


def reading(*spans: dict[str, Any]) -> RawTrace:
    return read("jaeger", {"data": [trace(*spans)], "total": 0, "errors": None})


def test_microseconds_become_nanoseconds_and_tags_a_request() -> None:
    chat = [
        tag("gen_ai.operation.name", "chat"),
        tag("gen_ai.request.model", "model-l"),
        tag("gen_ai.usage.input_tokens", 4200, "int64"),
        tag("gen_ai.usage.output_tokens", "9007199254740993", "int64"),
        tag("gen_ai.response.time_to_first_chunk", 0.25, "float64"),
    ]
    found = by_key(reading(span(1, (0, 900)), span(2, (100, 500_100), 1, tags=chat)))

    assert picked(found[ident(1)], "kind", "start_ns", "end_ns") == (
        "other",
        T0_US * 1000,
        (T0_US + 900) * 1000,
    )
    assert picked(found[ident(2)], "kind", "model", "input_tokens", "parent_key") == (
        "request",
        "model-l",
        4200,
        f"{TRACE}/{ident(1)}",
    )
    assert found[ident(2)]["first_token_ns"] == (T0_US + 100 + 250_000) * 1000
    assert "output_tokens" not in found[ident(2)]  # beyond 2^53 it is no count, and said to be none


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ([tag("otel.status_code", "ERROR")], "error"),
        ([tag("otel.status_code", "OK")], "ok"),
        ([tag("error", value=True, kind="bool")], "error"),
        ([tag("error", "true")], "error"),
        ([tag("error", value=False, kind="bool")], None),
        ([], None),
    ],
)
def test_status_is_a_tag(tags: list[Any], status: str | None) -> None:
    assert rows(reading(span(1, (0, 9), tags=tags)))[0].get("status") == status


def test_an_exception_is_a_log() -> None:
    fields = [tag("event", "exception"), tag("exception.type", "TimeoutError")]
    failed = span(
        1, (0, 9), tags=[tag("error", value=True)], logs=[{"timestamp": T0_US + 5, "fields": fields}]
    )

    assert rows(reading(failed))[0]["error"] == "TimeoutError"


def test_the_parent_is_the_first_that_it_is_a_child_of_in_its_own_trace() -> None:
    references = [
        {"refType": "CHILD_OF", "traceID": "f" * 32, "spanID": ident(9)},
        {"refType": "FOLLOWS_FROM", "traceID": TRACE, "spanID": ident(8)},
        {"refType": "CHILD_OF", "traceID": TRACE, "spanID": ident(7)},
    ]
    read_ = reading(span(1, (0, 9), references=references))

    assert picked(rows(read_)[0], "parent_key", "blocking") == (f"{TRACE}/{ident(7)}", None)
    assert findings(read_) == {"span_link": 2}


def test_nobody_waits_for_a_span_that_only_follows_from_another() -> None:
    references = [{"refType": "FOLLOWS_FROM", "traceID": TRACE, "spanID": ident(1)}]
    found = by_key(reading(span(1, (0, 90)), span(2, (50, 99), references=references)))

    assert picked(found[ident(2)], "parent_key", "blocking") == (f"{TRACE}/{ident(1)}", False)


def test_references_without_a_trace_and_the_older_parent_field_are_to_the_same_trace() -> None:
    found = by_key(
        reading(
            span(2, (0, 9), references=[{"refType": "CHILD_OF", "spanID": ident(1)}]),
            span(3, (0, 9), parentSpanID=ident(1)),
        )
    )

    assert {row["parent_key"] for row in found.values()} == {f"{TRACE}/{ident(1)}"}


def test_the_process_is_the_resource_by_id_or_inside_the_span() -> None:
    own = {"serviceName": "other", "tags": [tag("agenttrace.task_id", "task 8")]}
    by_id = read("jaeger", trace(span(1, (0, 9))))
    inside = read("jaeger", trace(span(1, (0, 9), process=own), processes=None))

    assert rows(by_id, "sessions")[0]["task_id"] == "task 7"
    assert rows(inside, "sessions")[0]["task_id"] == "task 8"


def test_both_sides_of_a_call_are_kept_and_the_late_clock_is_said() -> None:
    call = span(1, (0, 100_000), tags=[tag("span.kind", "client")])
    answer = span(1, (-50_000, 10_000), tags=[tag("span.kind", "server")], processID="p2")
    read_ = read("jaeger", trace(call, answer, processes={"p2": {"serviceName": "other"}, "p1": {}}))
    answered = by_key(read_)[f"{ident(1)}@other"]

    assert picked(answered, "parent_key", "start_ns", "start_evidence") == (
        f"{TRACE}/{ident(1)}",
        (T0_US + 20_000) * 1000,
        "estimated",
    )
    assert findings(read_)["clock_shifted"] == 1


def test_what_jaeger_warns_of_is_told() -> None:
    trace_ = trace(span(1, (0, 9), warnings=["clock skew"]), warnings=["duplicate span IDs", 3, None])

    assert findings(read("jaeger", trace_)) == {"jaeger_warning": 2}


def test_times_that_count_from_zero_are_kept_apart_from_no_time() -> None:
    drawing = trace(span(1, (-T0_US, -T0_US + 100)), span(2, (-T0_US + 40, -T0_US + 60), 1))
    damaged = trace(span(1, (0, 100)), span(2, (-T0_US, -T0_US + 60), 1))

    drawn, lost = read("jaeger", drawing), read("jaeger", damaged)

    assert [(row["start_ns"], row["end_ns"]) for row in rows(drawn)] == [(1000, 101_000), (41_000, 61_000)]
    assert findings(drawn) == {"times_from_zero": 1}
    assert rows(drawn)[1]["parent_key"] == rows(drawn)[0]["span_key"]
    assert "start_ns" not in by_key(lost)[ident(2)]
    assert "end_ns" not in by_key(lost)[ident(2)]


def test_without_a_common_clock_equal_ids_do_not_make_two_traces_one() -> None:
    one, same, other = (
        rows(read("jaeger", trace(span(1, (-T0_US, -T0_US + length)))))[0]["session_key"]
        for length in (100, 100, 200)
    )

    assert one == same != other


def test_ids_of_64_bits_are_those_that_opentelemetry_has() -> None:
    (row,) = rows(read("jaeger", trace(span(1, (0, 9), traceID="c3cf93508f2054a"))))

    assert row["session_key"] == "trace:" + "c3cf93508f2054a".zfill(32)
