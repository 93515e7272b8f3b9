"""Records of AIPerf: what each tells of its request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.ingest.reading import read
from agenttrace.ingest.registry import format_by_id
from agenttrace.ingest.source import Source
from unit.ingest.readings import Reading, Row, lines, read_content, with_wrong_values

T0 = 1_795_000_000 * 10**9
MS = 1_000_000
SAMPLE = Path(__file__).resolve().parents[4] / "sample_traces" / "aiperf" / "profile_export.jsonl"


def record(number: int = 1, conversation: str | None = "c1", **changes: Any) -> Row:
    """A request of 1 s, its first token after 200 ms. Changes of metadata; `metrics` and `error` beside it."""
    metrics = {
        "time_to_first_token": {"value": 200.0, "unit": "ms"},
        "request_latency": {"value": 990.0, "unit": "ms"},
        "inter_token_latency": {"value": 7.9, "unit": "ms"},
        "input_sequence_length": {"value": 500, "unit": "tokens"},
        "output_sequence_length": {"value": 101, "unit": "tokens"},
        "reasoning_token_count": {"value": 20, "unit": "tokens"},
    }
    made = {"metrics": changes.pop("metrics", metrics), "error": changes.pop("error", None)}
    metadata = {
        "x_request_id": f"r{number}",
        "x_correlation_id": conversation,
        "turn_index": 0,
        "request_start_ns": T0,
        "request_end_ns": T0 + 1000 * MS,
        "worker_id": "worker_1",
        "benchmark_phase": "profiling",
        "was_cancelled": False,
    }
    return {"metadata": metadata | changes, **made}


def read_records(*records: Any) -> Reading:
    return read_content("aiperf", lines(list(records)))


def test_a_request_is_told_whole() -> None:
    span = read_records(record()).spans["aiperf:r1"]

    assert (span["start_ns"], span["end_ns"], span["status"]) == (T0, T0 + 1000 * MS, "ok")
    assert (span["start_evidence"], span["end_evidence"]) == ("measured", "measured")
    assert (span["first_token_ns"], span["first_token_evidence"]) == (T0 + 200 * MS, "measured")
    assert (span["decode_ns"], span["decode_evidence"]) == (790 * MS, "derived")
    assert (span["queue_ns"], span["prefill_ns"]) == (None, None)
    assert span["itl_ns"] == 7_900_000
    assert (span["input_tokens"], span["output_tokens"], span["reasoning_tokens"]) == (500, 101, 20)
    assert span["client_request_id"] == "r1"


def test_the_counts_of_the_server_come_before_those_of_the_clients_tokenizer() -> None:
    counts = {
        "input_sequence_length": {"value": 500, "unit": "tokens"},
        "usage_prompt_tokens": {"value": 512, "unit": "tokens"},
        "usage_prompt_cache_read_tokens": {"value": 256, "unit": "tokens"},
    }
    span = read_records(record(metrics=counts)).spans["aiperf:r1"]

    assert (span["input_tokens"], span["cache_read_tokens"]) == (512, 256)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [(0.2, "s", 200 * MS), (200_000, "us", 200 * MS), (5, "ns", 5), (200, "tokens", None), (-1, "ms", None)],
)
def test_durations_have_units(value: float, unit: str, expected: int | None) -> None:
    metrics = {"time_to_first_token": {"value": value, "unit": unit}}
    span = read_records(record(metrics=metrics)).spans["aiperf:r1"]

    assert span["first_token_ns"] == (None if expected is None else T0 + expected)


def test_the_names_of_october_2025_are_known() -> None:
    metrics = {
        "ttft": {"value": 200.0, "unit": "ms"},
        "request_latency": {"value": 990.0, "unit": "ms"},
    }
    old = record(metrics=metrics)
    old["metadata"] = {
        "x_request_id": "r1",
        "x_correlation_id": "c1",
        "timestamp_ns": T0,
        "worker_id": "worker_1",
        "credit_phase": "profiling",
    }
    reading = read_records(old)
    span = reading.spans["aiperf:r1"]

    assert (span["start_ns"], span["end_ns"], span["end_evidence"]) == (T0, T0 + 990 * MS, "derived")
    assert span["first_token_ns"] == T0 + 200 * MS
    assert reading.dialects == ("profile-export-2025-10",)


def test_a_cancelled_and_a_failed_request_say_so() -> None:
    error = {"code": 499, "type": "RequestCancellationError", "message": "secret words"}
    cancelled = record(1, was_cancelled=True, cancellation_time_ns=T0 + 5, error=error, metrics=None)
    failed = record(2, error={"code": 503, "message": "secret words"}, metrics={})
    reading = read_records(cancelled, failed)

    assert (reading.spans["aiperf:r1"]["status"], reading.spans["aiperf:r1"]["error"]) == (
        "cancelled",
        "RequestCancellationError",
    )
    assert (reading.spans["aiperf:r2"]["status"], reading.spans["aiperf:r2"]["error"]) == (
        "error",
        "HTTP 503",
    )
    assert [(mark["kind"], mark["t_ns"]) for mark in reading.marks] == [("cancel", T0 + 5)]
    assert "secret" not in str(reading)


def test_the_warmup_is_apart() -> None:
    reading = read_records(record(1, benchmark_phase="warmup"), record(2))

    assert list(reading.spans) == ["aiperf:r2"]
    assert reading.findings["warmup_left_out"]["count"] == 1
    assert reading.sessions[0]["truncated"] is True
    assert reading.records == 2


def test_conversations_are_sessions_and_subagents_belong_to_their_root() -> None:
    child = record(2, "c2", root_correlation_id="c1", parent_correlation_id="c1", agent_depth=1)
    reading = read_records(record(1, "c1", root_correlation_id="c1"), child, record(3, "c3"))

    assert {span["session_key"] for span in reading.spans.values()} == {"aiperf:c1", "aiperf:c3"}
    assert reading.agents["aiperf:c2"]["parent_agent_key"] == "aiperf:c1"
    assert [reading.agents[f"aiperf:c{n}"]["main"] for n in (1, 2, 3)] == [True, False, True]


def test_a_parent_without_a_root_joins_the_sessions() -> None:
    reading = read_records(record(1, "c1"), record(2, "c2", parent_correlation_id="c1"))

    assert reading.edges == {("aiperf:c2", "aiperf:c1")}


def test_requests_without_a_conversation_are_sessions_of_their_own() -> None:
    reading = read_records(record(1, None), record(2, None))

    assert {span["session_key"] for span in reading.spans.values()} == {
        "aiperf:request:r1",
        "aiperf:request:r2",
    }
    assert reading.findings["context_free"]["count"] == 2


def test_a_first_token_outside_its_request_is_left_out() -> None:
    metrics = {"time_to_first_token": {"value": 5000.0, "unit": "ms"}}
    reading = read_records(record(metrics=metrics))

    assert reading.spans["aiperf:r1"]["first_token_ns"] is None
    assert reading.findings["times_inconsistent"]["count"] == 1


def test_more_cached_tokens_than_there_are_in_the_prompt_are_left_out() -> None:
    counts = {
        "usage_prompt_tokens": {"value": 5, "unit": "tokens"},
        "usage_prompt_cache_read_tokens": {"value": 6, "unit": "tokens"},
    }
    reading = read_records(record(metrics=counts))

    assert reading.spans["aiperf:r1"]["cache_read_tokens"] is None
    assert reading.findings["tokens_inconsistent"]["count"] == 1


def test_of_raw_records_the_first_chunk_bounds_the_first_token() -> None:
    raw = record()
    del raw["metrics"]
    raw |= {"start_perf_ns": 70, "responses": [{"perf_ns": 70 + 90 * MS}, {"perf_ns": 70 + 900 * MS}]}
    span = read_records(raw).spans["aiperf:r1"]

    assert (span["first_token_ns"], span["first_token_evidence"]) == (T0 + 90 * MS, "bounded")
    assert span["decode_evidence"] == "bounded"


def test_the_sample_is_what_it_was_made_to_be() -> None:
    sessions = analyze(read(SAMPLE)).sessions.sort("session")

    assert sessions["session"].to_list() == ["main-0001", "main-0002", "main-0003"]
    assert sessions["requests"].to_list() == [4, 2, 1]
    assert sessions["subagents"].to_list() == [1, 0, 0]
    assert sessions["wall_ns"].to_list() == [4_290_790_000, 1_650_040_000, 250_040_000]
    assert sessions["path_decode_ns"].to_list()[1] == 800 * MS


def test_only_records_of_requests_are_claimed() -> None:
    aiperf = format_by_id("aiperf")
    aggregates = {"request_latency": {"unit": "ms", "avg": 1.0}, "input_config": {}}

    assert aiperf.sniff(Source("x", lines([record()])).head)
    others: tuple[Row, ...] = (
        aggregates,
        {"metadata": {}, "metrics": {}},
        {"metadata": {"x_request_id": "r"}},
    )
    for other in others:
        assert not aiperf.sniff(Source("x", lines([other])).head)


def test_damaged_fields_cost_only_themselves() -> None:
    records = [json.loads(line) for line in SAMPLE.read_bytes().splitlines()]
    whole = read_records(*records)
    for number, damaged in enumerate(with_wrong_values(records[1], 5, 300)):
        reading = read_records(records[0], damaged, *records[2:])

        kept = {key: span for key, span in reading.spans.items() if span["line"] != 2}
        assert kept == {key: span for key, span in whole.spans.items() if span["line"] != 2}, number
