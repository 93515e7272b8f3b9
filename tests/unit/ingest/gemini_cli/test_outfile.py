"""The telemetry outfile: what Node prints of spans and log records, over many lines each."""

from __future__ import annotations

import json
from typing import Any

from agenttrace.ingest.registry import recognise
from agenttrace.ingest.source import Source
from unit.ingest.raw_reading import EPOCH_NS, SAMPLES, Row, iso, ns, read_raw

SAMPLE = SAMPLES / "gemini-cli" / "telemetry.outfile"
RESOURCE = {"_rawAttributes": [["service.name", "gemini-cli"]]}


def hr(at: float) -> list[int]:
    return [ns(at) // 10**9, ns(at) % 10**9]


def log(event: str, at: float, **attributes: Any) -> Row:
    named = {"session.id": "s", "event.name": f"gemini_cli.{event}", "event.timestamp": iso(at)}
    scope = {"instrumentationScope": {"name": "gemini-cli"}, "resource": RESOURCE}
    return {"hrTime": hr(at), **scope, "attributes": {**named, **attributes}, "_body": "said"}


def span(name: str, start: float, end: float, **attributes: Any) -> Row:
    return {
        "_spanContext": {"traceId": "a" * 32, "spanId": name.rjust(16, "0"), "traceFlags": 1},
        "startTime": hr(start),
        "endTime": hr(end),
        "name": name,
        "status": {"code": 0},
        "attributes": attributes,
        "resource": RESOURCE,
        "instrumentationScope": {"name": "gemini-cli"},
    }


def printed(*records: Row) -> bytes:
    return b"".join(json.dumps(record, indent=2).encode() + b"\n" for record in records)


def test_a_response_began_its_duration_before_it_was_written() -> None:
    counts = {"input_token_count": 100, "cached_content_token_count": 80, "output_token_count": 7}
    written = printed(log("api_response", 9, duration_ms=4000, thoughts_token_count=5, **counts))
    (request,) = read_raw("gemini-cli", written).of("request")

    assert (request["start_ns"] - EPOCH_NS, request["end_ns"] - EPOCH_NS) == (5 * 10**9, 9 * 10**9)
    assert (request["start_evidence"], request["end_evidence"]) == ("derived", "measured")
    assert (request["input_tokens"], request["cache_read_tokens"], request["output_tokens"]) == (100, 80, 12)


def test_spans_are_read_as_spans() -> None:
    written = printed(span("llm_call", 1, 4, **{"gen_ai.operation.name": "chat"}))
    (request,) = read_raw("gemini-cli", written).of("request")

    assert (request["end_ns"] - request["start_ns"]) == 3 * 10**9


def _call(name: str, start: float, end: float) -> Row:
    return span(name, start, end, **{"gen_ai.operation.name": "llm_call", "gen_ai.conversation.id": "s"})


def _counted(at: float, length: float, given: int, session: str = "s") -> Row:
    counts = {"input_token_count": given, "cached_content_token_count": 80, "output_token_count": 7}
    told = {"session.id": session, "duration_ms": length * 1000, "thoughts_token_count": 5}
    return log("api_response", at, **counts, **told)


def test_requests_have_their_tokens_from_the_log_records_beside_their_spans() -> None:
    """Each from the record of its session that was written at its end and tells its length, wherever that stands.

    The last request is of a session without spans.
    """
    spans = _call("1", 1, 4), _call("2", 3.5, 4), _call("3", 6, 8)
    counts = (
        _counted(4.002, 0.5, 200),
        _counted(4.004, 3, 100),
        _counted(8.002, 1, 300),
        _counted(8, 2, 400, "t"),
    )
    reading = read_raw("gemini-cli", printed(counts[0], *spans, *counts[1:]))
    requests = sorted(reading.of("request"), key=lambda row: row["start_ns"])

    assert [row["input_tokens"] for row in requests] == [100, 200, None, 400]
    assert (requests[0]["cache_read_tokens"], requests[0]["output_tokens"]) == (80, 12)
    assert requests[0]["reasoning_tokens"] == 5
    assert reading.findings["log_records_beside_spans"]["count"] == 3


def test_prompts_that_bear_the_same_id_are_two() -> None:
    """Without a person the program names each after the session, when it is resumed, too; beside spans as well."""
    asked = {"prompt_id": "s"}
    counts = {"duration_ms": 1000, "input_token_count": 1, "output_token_count": 1}
    records = (
        log("user_prompt", 1, **asked),
        log("api_response", 3, **asked, **counts),
        log("user_prompt", 60, **asked),
        log("api_response", 62, **asked, **counts),
    )
    alone = read_raw("gemini-cli", printed(*records))
    beside = read_raw("gemini-cli", printed(*records, _call("1", 2, 3), _call("2", 61, 62)))

    for reading in (alone, beside):
        assert [row["start_ns"] for row in reading.of("interaction")] == [ns(1), ns(60)]
    keys = [row["span_key"] for row in alone.of("interaction")]
    assert [row["parent_key"] for row in alone.of("request")] == keys
    assert len(beside.of("request")) == 2


def test_every_record_is_counted_metrics_too() -> None:
    reading = read_raw("gemini-cli", SAMPLE)

    assert reading.records == 10
    assert len(reading.of("request")) == 3
    assert {"metrics", "log_record_unused"} <= set(reading.findings)


def test_a_torn_record_takes_no_other_with_it() -> None:
    sound = [log("api_response", 9, duration_ms=4000), log("tool_call", 20, duration_ms=1000)]
    torn = printed(log("user_prompt", 1))[:-40]
    reading = read_raw("gemini-cli", torn + b"\n" + printed(*sound) + torn)

    assert len(reading.of("request")) == len(reading.of("tool")) == 1
    assert reading.findings["broken_document"]["line"] == 1
    assert "torn_document" in reading.findings


def test_it_is_recognised_by_the_program_that_wrote_it() -> None:
    assert recognise(Source("x", printed(log("config", 1)))).id == "gemini-cli"
    assert recognise(Source("x", printed(span("llm_call", 1, 2)))).id == "gemini-cli"


def test_a_record_that_is_indented_is_read_too() -> None:
    first, second = log("api_error", 1, prompt_id="p"), log("api_error", 2, prompt_id="p")
    pushed = printed(first) + b" " * 50 + printed(second)

    found, whole = read_raw("gemini-cli", pushed), read_raw("gemini-cli", printed(first, second))
    assert [span["start_ns"] for span in found.of("request")] == [
        span["start_ns"] for span in whole.of("request")
    ]
    assert (len(found.of("request")), found.records) == (2, 2)


def test_it_is_recognised_though_its_first_record_is_none() -> None:
    content = b"17\n" + printed(log("config", 1), log("config", 2))

    assert recognise(Source("by hand", content)).id == "gemini-cli"


def test_a_first_record_with_one_unusable_time_is_recognised() -> None:
    record = log("config", 1) | {"hrTime": "late", "hrTimeObserved": hr(1)}

    assert recognise(Source("by hand", printed(record))).id == "gemini-cli"


def test_zeros_between_records_are_told_and_at_the_end_they_are_not() -> None:
    first, second = printed(log("config", 1)), printed(log("config", 2))

    between = read_raw("gemini-cli", first + bytes(40) + b"\n" + second)
    behind = read_raw("gemini-cli", first + second + bytes(40))

    assert (between.records, between.findings["broken_document"]["count"]) == (2, 1)
    assert (behind.records, behind.findings.keys() & {"broken_document"}) == (2, set())
