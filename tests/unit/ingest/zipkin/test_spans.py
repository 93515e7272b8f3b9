"""Spans of Zipkin: times, tags, annotations, both sides of a call, and version 1."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.reading import read as read_files
from contract.trace_files import SAMPLES, raw_of
from unit.ingest.telemetry.raw_rows import by_key, findings, picked, read, rows

T0_US = 1_767_225_600_000_000
TRACE = "0af7651916cd43dd8448eb211c80319c"
MS = 1_000_000


def ident(number: int) -> str:
    return f"{number:016x}"


def span(number: int, at_us: tuple[int, int], parent: int | None = None, **more: Any) -> dict[str, Any]:
    """A span from and to microseconds after T0."""
    return {
        "traceId": TRACE,
        "id": ident(number),
        **({"parentId": ident(parent)} if parent else {}),
        "name": f"operation {number}",
        "timestamp": T0_US + at_us[0],
        "duration": at_us[1] - at_us[0],
        "localEndpoint": {"serviceName": "agent"},
        "tags": {},
    } | more


def reading(*spans: dict[str, Any]) -> RawTrace:
    return read("zipkin", list(spans))


def test_tags_of_text_make_a_request() -> None:
    chat = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "model-l",
        "gen_ai.usage.input_tokens": "4200",
        "gen_ai.response.time_to_first_chunk": "0.25",
        "agenttrace.task_id": "task 7",
    }
    read_ = reading(span(1, (0, 900)), span(2, (100, 500_100), 1, tags=chat))
    found = by_key(read_)

    assert picked(found[ident(1)], "kind", "start_ns", "end_ns") == (
        "other",
        T0_US * 1000,
        (T0_US + 900) * 1000,
    )
    assert picked(found[ident(2)], "kind", "model", "input_tokens", "parent_key", "first_token_ns") == (
        "request",
        "model-l",
        4200,
        f"{TRACE}/{ident(1)}",
        (T0_US + 250_100) * 1000,
    )
    assert rows(read_, "sessions")[0]["task_id"] == "task 7"


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ({"error": "timeout"}, "error"),
        ({"error": ""}, "error"),
        ({"error": "false"}, None),
        ({"otel.status_code": "ERROR"}, "error"),
        ({"otel.status_code": "OK"}, "ok"),
        ({}, None),
    ],
)
def test_an_error_tag_says_that_it_failed_whatever_its_text(tags: Any, status: str | None) -> None:
    assert rows(reading(span(1, (0, 9), tags=tags)))[0].get("status") == status


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ('"exception": {"exception.type": "TimeoutError"}', "TimeoutError"),
        ('"exception": ["TimeoutError"]', None),
        ('"exception": {"exception.type": ', None),
        ("exception", None),
        ('"a": {}, "b": {}', None),
    ],
)
def test_an_event_is_an_annotation(value: str, error: str | None) -> None:
    failed = span(1, (0, 9), tags={"error": ""}, annotations=[{"timestamp": T0_US + 5, "value": value}])

    assert rows(reading(failed))[0].get("error") == error


def test_a_span_without_a_duration_is_unfinished() -> None:
    row = rows(reading({key: value for key, value in span(1, (0, 9)).items() if key != "duration"}))[0]

    assert picked(row, "start_ns", "end_ns", "status") == (T0_US * 1000, None, "unfinished")


def test_a_shared_span_without_a_kind_is_the_server() -> None:
    asked = span(1, (0, 90), kind="CLIENT")
    answered = span(1, (10, 80), shared=True, localEndpoint={"serviceName": "orders"})

    assert set(by_key(reading(answered, asked))) == {ident(1), f"{ident(1)}@orders"}


def test_a_trace_that_lost_half_of_its_id_on_the_way_is_one_trace() -> None:
    far = span(2, (10, 20), 1, traceId=TRACE[16:])
    other = span(3, (10, 20), traceId="1" * 16)

    found = {row["session_key"] for row in rows(reading(span(1, (0, 90)), far, other))}

    assert found == {f"trace:{TRACE}", "trace:" + "0" * 16 + "1" * 16}


def test_a_late_clock_is_set_right_as_zipkin_itself_does(shared_data: Path) -> None:
    """Zipkin's own example: the call takes 94,539 us, its server 93,577: 481 us each way."""
    found = by_key(raw_of((shared_data / "otel" / "zipkin_skew.json").read_bytes(), "zipkin"))
    call, answer = found["74280ae0c10d8062"], found["74280ae0c10d8062@serviceb"]

    assert answer["start_ns"] - call["start_ns"] == 481_000
    assert found["43210ae0c10d1234"]["parent_key"].endswith("@serviceb")
    assert found["43210ae0c10d1234"]["start_ns"] - answer["start_ns"] == 1_000
    assert {row["start_evidence"] for row in (answer, found["43210ae0c10d1234"])} == {"estimated"}
    (session,) = analyze(read_files(shared_data / "otel" / "zipkin_skew.json")).sessions.to_dicts()
    assert session["wall_ns"] == 99_411_000


def test_a_trace_without_a_model_has_a_path_and_says_what_it_lacks() -> None:
    trace = read_files(SAMPLES / "zipkin" / "services.json")
    (session,) = analyze(trace).sessions.to_dicts()

    assert (session["wall_ns"], session["path_unknown_ns"], session["requests"]) == (180 * MS, 180 * MS, 0)
    assert {"no_model_requests", "clock_shifted"} <= {row["code"] for row in trace.findings.to_pylist()}


def test_version_1_is_read_as_what_it_would_be_in_version_2() -> None:
    found = by_key(raw_of((SAMPLES / "zipkin" / "version-1.json").read_bytes(), "zipkin"))
    start = 1_767_226_000_000_000
    call, price = "1c00000000000001", "1c00000000000002"

    bounds = {
        key: ((row["start_ns"] // 1000 - start) // 1000, (row["end_ns"] // 1000 - start) // 1000)
        for key, row in found.items()
    }
    assert bounds == {
        "9d2c4be1a7730f58": (0, 180),
        call: (10, 130),
        f"{call}@orders": (20, 119),
        price: (40, 70),
    }
    assert found[price]["parent_key"].endswith(f"{call}@orders")
    assert found[price]["status"] == "error"


def test_a_span_of_version_1_that_names_no_side_and_no_time_is_kept() -> None:
    bare = {"traceId": TRACE, "id": ident(1), "name": "x", "binaryAnnotations": [{"key": "lc", "value": 4}]}

    read_ = read("zipkin", [bare])

    assert (read_.records, read_.spans.num_rows, findings(read_)) == (1, 1, {"no_end": 1})


def test_the_agent_of_the_sample_is_that_of_the_other_containers() -> None:
    """Jaeger's and Zipkin's samples tell one story: the same rows, but for what each container adds."""
    names = (
        "span_key",
        "parent_key",
        "kind",
        "start_ns",
        "end_ns",
        "model",
        "input_tokens",
        "error",
        "status",
    )
    stories = [
        {picked(row, *names) for row in rows(raw_of((SAMPLES / name).read_bytes(), name.split("/")[0]))}
        for name in ("jaeger/agent.json", "jaeger/agent-v3.json", "zipkin/agent.json")
    ]

    assert stories[0] == stories[1] == stories[2]
    assert len(stories[0]) == len(json.loads((SAMPLES / "zipkin" / "agent.json").read_text())[0])
