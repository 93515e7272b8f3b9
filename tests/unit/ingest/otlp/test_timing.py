"""When the first token came, in every way that it is told."""

import pytest

from unit.ingest.otlp.telemetry import MS, T0, Record, event, facts, findings, read_spans, rows, span

CHAT = {"gen_ai.operation.name": "chat"}

TOLD: list[tuple[Record, list[Record], float]] = [
    ({**CHAT, "gen_ai.response.time_to_first_chunk": 0.2}, [], 200),
    ({**CHAT, "gen_ai.client.operation.time_to_first_chunk": 0.2}, [], 200),
    ({**CHAT, "gen_ai.server.time_to_first_token": 0.2}, [], 200),
    ({"ai.operationId": "ai.streamText.doStream", "ai.response.msToFirstChunk": 200.5}, [], 200.5),
    ({"gen_ai.latency.time_to_first_token": 0.2, "gen_ai.latency.e2e": 1.0}, [], 200),
    ({**CHAT, "langfuse.observation.completion_start_time": '"2026-01-01T00:00:00.200Z"'}, [], 200),
    ({"openinference.span.kind": "LLM"}, [event("First Token Stream Event", 200)], 200),
    (
        {"llm.request.type": "chat"},
        [event("llm.content.completion.chunk", 300), event("llm.content.completion.chunk", 200)],
        200,
    ),
    (CHAT, [event("ai.stream.firstChunk", 200, {"ai.response.msToFirstChunk": 190.0})], 200),
]


@pytest.mark.parametrize(("values", "events", "at"), TOLD)
def test_the_first_token(values: Record, events: list[Record], at: float) -> None:
    row = rows(read_spans(span(1, (0, 1000), values, events=events)))["1"]

    assert row["first_token_ns"] == T0 + round(at * MS)
    assert row["first_token_evidence"] == "measured"
    assert (row["decode_ns"], row["decode_evidence"]) == (1000 * MS - round(at * MS), "measured")
    assert not row.keys() & {"queue_ns", "prefill_ns"}


def test_vllm_tells_queue_prefill_and_decode_apart() -> None:
    values = {
        "gen_ai.latency.time_in_queue": 0.1,
        "gen_ai.latency.time_in_model_prefill": 0.2,
        "gen_ai.latency.time_in_model_decode": 0.5,
        "gen_ai.latency.time_to_first_token": 0.35,
        "gen_ai.latency.e2e": 0.9,
        "gen_ai.request.id": "cmpl-1",
    }
    row = rows(read_spans(span(1, (0, 900), values, name="llm_request"), scope="vllm.llm_engine"))["1"]

    assert (row["queue_ns"], row["prefill_ns"], row["decode_ns"]) == (100 * MS, 200 * MS, 500 * MS)
    assert {row[f"{phase}_evidence"] for phase in ("queue", "prefill", "decode")} == {"measured"}
    assert row["request_id"] == "cmpl-1"


def test_an_end_that_is_missing_follows_from_the_whole_latency() -> None:
    values = {"gen_ai.latency.e2e": 0.9, "gen_ai.latency.time_to_first_token": 0.4}
    unended = span(1, (0, 900), values) | {"endTimeUnixNano": "0"}
    row = rows(read_spans(unended))["1"]

    assert (row["end_ns"], row["end_evidence"]) == (T0 + 900 * MS, "derived")
    assert (row["decode_ns"], row["decode_evidence"]) == (500 * MS, "derived")


def test_what_tensorrt_llm_does_not_know_is_written_as_minus_one() -> None:
    values = {
        "gen_ai.latency.time_in_queue": -1,
        "gen_ai.latency.time_to_first_token": -1.0,
        "gen_ai.latency.e2e": 0.5,
    }
    trace = read_spans(span(1, (0, 500), values, name="llm_request"), scope="trt.llm")

    assert trace.dialects == ("tensorrt-llm",)
    assert facts(trace, 1, "queue_ns", "first_token_ns") == {"queue_ns": None, "first_token_ns": None}
    assert findings(trace) == {"negative_value": 2}


def test_after_a_retry_the_time_to_the_first_token_counts_from_the_last_attempt() -> None:
    attempts = [event("gen_ai.request.attempt", at, {"attempt": number}) for number, at in ((1, 5), (2, 300))]
    values = {"ttft_ms": 100, "attempt": 2}
    trace = read_spans(span(1, (0, 900), values, name="claude_code.llm_request", events=attempts))

    row = rows(trace)["1"]
    assert (row["first_token_ns"], row["first_token_evidence"]) == (T0 + 400 * MS, "derived")
    assert [(mark["kind"], mark["t_ns"]) for mark in trace.marks.to_pylist()] == [
        ("attempt", T0 + 5 * MS),
        ("attempt", T0 + 300 * MS),
    ]


def test_after_a_retry_whose_time_is_not_told_the_first_token_is_unknown() -> None:
    trace = read_spans(span(1, (0, 900), {"ttft_ms": 100, "attempt": 2}, name="claude_code.llm_request"))

    assert facts(trace, 1, "first_token_ns") == {"first_token_ns": None}


def test_a_first_token_hardly_behind_the_end_is_at_the_end() -> None:
    trace = read_spans(span(1, (0, 100.4), {**CHAT, "ttft_ms": 101}))

    assert facts(trace, 1, "first_token_ns", "decode_ns") == {
        "first_token_ns": T0 + 100_400_000,
        "decode_ns": 0,
    }
    assert findings(trace) == {"first_token_clipped": 1}


def test_the_number_of_an_attempt_is_no_error() -> None:
    attempts = [event("gen_ai.request.attempt", 5, {"attempt": "1"})]
    trace = read_spans(span(1, (0, 100), CHAT, events=attempts, status={"code": 2}))

    assert facts(trace, 1, "status", "error") == {"status": "error", "error": None}


def test_a_first_token_outside_of_its_request_is_unknown() -> None:
    trace = read_spans(span(1, (0, 100), {**CHAT, "ttft_ms": 500}))

    assert facts(trace, 1, "first_token_ns") == {"first_token_ns": None}
    assert findings(trace) == {"first_token_outside": 1}


@pytest.mark.parametrize(("end", "code"), [(0, "no_end"), (T0 - 1, "end_before_start")])
def test_a_span_that_did_not_end(end: int, code: str) -> None:
    trace = read_spans(span(1, (0, 1)) | {"endTimeUnixNano": str(end)})

    assert facts(trace, 1, "end_ns", "end_evidence", "status") == {
        "end_ns": None,
        "end_evidence": "unknown",
        "status": "unfinished",
    }
    assert findings(trace) == {code: 1}


def test_a_time_after_2100_is_a_damaged_one() -> None:
    trace = read_spans(span(1, (0, 1)) | {"endTimeUnixNano": str(2**63 - 1)})

    assert facts(trace, 1, "end_ns") == {"end_ns": None}
    assert findings(trace) == {"time_out_of_range": 1, "no_end": 1}
