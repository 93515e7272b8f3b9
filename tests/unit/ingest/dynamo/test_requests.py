"""What a `request_end` row becomes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.ingest.dynamo.rows import MS, T0, findings, only, read, request, spans

START = T0 * MS
BIGGEST = 2**64 - 1


def test_all_that_the_row_states_is_in_the_span() -> None:
    owner = {"session_id": "chain", "input_trigger": "tool_result", "session_final": True}
    row = request(
        owner,
        0,
        total=100.25,
        request_id="r",
        x_request_id="client",
        avg_itl_ms=10.5,
        kv_hit_rate=0.5,
        queue_depth=3,
        worker={"prefill_worker_id": 7, "decode_worker_id": BIGGEST},
        replay={"trace_block_size": 16, "input_sequence_hashes": [1, BIGGEST], "kv_hints": {"ttl_s": 9}},
        agent_hints={"priority": -2},
    )

    trace = read(row)

    span = only(trace)
    assert {name: value for name, value in span.items() if value is not None} == {
        "session_key": "dynamo:chain",
        "span_key": "request:r",
        "agent_key": "chain",
        "line": 1,
        "kind": "request",
        "purpose": "turn",
        "start_ns": START,
        "end_ns": START + 100_250_000,
        "start_evidence": "measured",
        "end_evidence": "measured",
        "status": "ok",
        "model": "tiny",
        "request_id": "r",
        "client_request_id": "client",
        "priority": -2,
        "trigger": "tool_result",
        "input_tokens": 64,
        "cache_read_tokens": 32,
        "output_tokens": 10,
        "output_quality": "final",
        "queue_ns": 1 * MS,
        "queue_evidence": "measured",
        "prefill_ns": 9 * MS,
        "prefill_evidence": "bounded",
        "first_token_ns": START + 10 * MS,
        "first_token_evidence": "measured",
        "decode_ns": 90_250_000,
        "decode_evidence": "measured",
        "itl_ns": 10_500_000,
        "worker": BIGGEST,
        "prefill_worker": 7,
        "queue_depth": 3,
        "kv_hit_rate": 0.5,
        "kv_hint": '{"ttl_s":9}',
        "session_final": True,
    }
    assert trace.prefixes.to_pylist() == [
        {
            "session_key": "dynamo:chain",
            "span_key": "request:r",
            "block_size": 16,
            "kept_blocks": 0,
            "blocks": [1, BIGGEST],
            "scope": None,
        }
    ]
    assert findings(trace) == {}


def test_only_an_answer_with_a_finish_reason_is_known_to_be_one() -> None:
    def status(metadata: Any) -> Any:
        return only(read(request("chain", 0, finish_reason_metadata=metadata)))["status"]

    assert status({"finish_reason": "length"}) == "ok"
    assert status({"finish_reason": "error"}) == "error"
    assert status({"finish_reason": "cancelled"}) == "cancelled"
    assert status(None) is None


def test_tool_calls_of_the_answer_are_links_to_the_tools() -> None:
    calls = [{"id": "one", "name": "bash"}, {"id": None}, "nonsense", {"id": "two"}]
    metadata = {"finish_reason": "tool_calls", "tool_calls": calls}

    trace = read(request("chain", 0, request_id="r", finish_reason_metadata=metadata))

    rows = [(r["from_key"], r["to_key"], r["kind"], r["explicit"]) for r in trace.links.to_pylist()]
    assert rows == [
        ("request:r", "tool:chain:one", "feeds", True),
        ("request:r", "tool:chain:two", "feeds", True),
    ]


def test_a_payload_is_counted_and_only_its_priority_is_used() -> None:
    body = {"messages": [{"role": "user", "content": "a secret"}], "nvext": {"agent_hints": {"priority": 5}}}
    payload = {"event_type": "request_payload", "payload": {"request_id": "r", "request": body}}

    trace = read(payload, request("chain", 0, request_id="r"))

    assert only(trace)["priority"] == 5
    assert findings(trace) == {"payload_not_read": 1}
    assert "secret" not in str(trace)


def test_the_length_of_the_prompt_stands_in_for_its_tokens() -> None:
    row = request("chain", 0, input_tokens=None, cached_tokens=None, replay={"input_length": 128})

    assert only(read(row))["input_tokens"] == 128


def test_more_cached_tokens_than_tokens_are_unknown() -> None:
    trace = read(request("chain", 0, input_tokens=10, cached_tokens=11))

    assert only(trace)["input_tokens"] == 10
    assert only(trace)["cache_read_tokens"] is None
    assert findings(trace) == {"tokens_inconsistent": 1}


def test_without_an_id_a_request_is_told_by_what_else_is_known() -> None:
    trace = read(
        request("chain", 0, request_id=None),
        request("chain", 5, request_id=None, x_request_id=None),
        request("chain", 9, request_id=7, x_request_id=None),
    )

    assert set(spans(trace)) == {
        "request:client-chain-0",
        f"request:chain@{(T0 + 5) * MS}",
        f"request:chain@{(T0 + 9) * MS}",
    }
    assert findings(trace) == {"request_without_id": 3, "field_unusable": 1}


@pytest.mark.parametrize(
    ("hashes", "size"),
    [
        ([1, -1], 16),
        ([2**64], 16),
        ([1.5], 16),
        ([None], 16),
        ("12", 16),
        ([[1]], 16),
        ([1], None),
        ([1], 0),
        ([1], 2**40),
    ],
)
def test_hashes_that_are_not_exact_are_not_used(hashes: Any, size: Any) -> None:
    good = request("chain", 5, replay={"trace_block_size": 16, "input_sequence_hashes": [3, 4]})
    bad = request("chain", 0, replay={"trace_block_size": size, "input_sequence_hashes": hashes})

    trace = read(good, bad, good)

    assert trace.spans.num_rows == 3
    assert [row["blocks"] for row in trace.prefixes.to_pylist()] == [[3, 4], [3, 4]]
    assert findings(trace)["prefix_unusable"] == 1


def test_hashes_may_be_written_as_text() -> None:
    trace = read(
        request("chain", 0, replay={"trace_block_size": 1, "input_sequence_hashes": [str(BIGGEST), 2]})
    )

    assert trace.prefixes["blocks"].to_pylist() == [[BIGGEST, 2]]


@pytest.mark.parametrize(
    ("fields", "expected", "code"),
    [
        ({"ttft_ms": None}, (1, 9, 10, 90), None),
        ({"prefill_time_ms": None}, (1, 9, 10, 90), None),
        ({"prefill_wait_time_ms": None}, (1, 9, 10, 90), None),
        ({"prefill_time_ms": None, "prefill_wait_time_ms": None}, (None, None, 10, 90), None),
        ({"ttft_ms": None, "prefill_time_ms": None}, (1, None, None, None), None),
        ({"prefill_time_ms": 20.0}, (None, None, 10, 90), "times_inconsistent"),
        ({"ttft_ms": 300.0}, (1, 9, 10, 90), "times_inconsistent"),
        ({"ttft_ms": 300.0, "prefill_time_ms": 400.0}, (None, None, None, None), "times_inconsistent"),
        ({"ttft_ms": -1.0}, (1, 9, 10, 90), "field_unusable"),
        ({"prefill_time_ms": -1.0}, (1, 9, 10, 90), "field_unusable"),
        ({"prefill_wait_time_ms": 0.0, "prefill_time_ms": 0.0, "ttft_ms": 0.0}, (0, 0, 0, 100), None),
        ({"ttft_ms": 100.0, "prefill_time_ms": 99.0}, (1, 99, 100, 0), None),
    ],
)
def test_parts_that_contradict_the_whole_are_dropped(
    fields: dict[str, Any], expected: tuple[int | None, ...], code: str | None
) -> None:
    trace = read(request("chain", 0, **fields))

    span = only(trace)
    first = span["first_token_ns"]
    found = (span["queue_ns"], span["prefill_ns"], first and first - START, span["decode_ns"])
    assert found == tuple(None if ms is None else ms * MS for ms in expected)
    assert (span["start_ns"], span["end_ns"]) == (START, START + 100 * MS)
    assert set(findings(trace)) == ({code} if code else set())


def test_without_a_total_the_time_of_the_record_bounds_the_end() -> None:
    row = request("chain", 0, total_time_ms=None)

    span = only(read(row))

    assert (span["end_ns"], span["end_evidence"]) == (START + 100 * MS, "bounded")
    assert (span["decode_ns"], span["decode_evidence"]) == (90 * MS, "bounded")
    assert (span["queue_ns"], span["queue_evidence"]) == (1 * MS, "measured")


def test_a_bound_in_whole_milliseconds_does_not_cut_the_first_token() -> None:
    row = request("chain", 0, total_time_ms=None, ttft_ms=10.4, prefill_time_ms=9.4)
    row["event_time_unix_ms"] = T0 + 10

    span = only(read(row))

    assert span["first_token_ns"] == span["end_ns"] == START + 10_400_000
    assert span["decode_ns"] == 0


def test_without_the_time_of_receipt_the_start_is_counted_back() -> None:
    span = only(read(request("chain", 0, request_received_ms=None)))

    assert (span["start_ns"], span["start_evidence"]) == (START, "bounded")
    assert span["end_ns"] == START + 100 * MS
    assert (span["first_token_ns"], span["first_token_evidence"]) == (START + 10 * MS, "bounded")
    assert (span["decode_ns"], span["decode_evidence"]) == (90 * MS, "measured")


def test_without_any_time_the_durations_remain() -> None:
    row = request("chain", 0, request_received_ms=None)
    del row["event_time_unix_ms"]

    span = only(read(row))

    assert (span["start_ns"], span["end_ns"]) == (None, None)
    assert (span["start_evidence"], span["end_evidence"]) == ("unknown", "unknown")
    assert (span["queue_ns"], span["decode_ns"], span["first_token_ns"]) == (1 * MS, 90 * MS, None)


def test_a_total_that_runs_far_past_its_own_record_is_not_used() -> None:
    row = request("chain", 0, total_time_ms=9e9)

    trace = read(row)

    assert only(trace)["end_ns"] == START + 100 * MS
    assert only(trace)["end_evidence"] == "bounded"
    assert set(findings(trace)) == {"clock_disagrees", "times_inconsistent"}


def test_a_total_shorter_than_a_sound_ttft_is_not_used() -> None:
    row = request("chain", 0, total=100, total_time_ms=5.0)

    trace = read(row)

    assert only(trace)["end_ns"] == START + 100 * MS
    assert only(trace)["first_token_ns"] == START + 10 * MS
    assert findings(trace) == {"times_inconsistent": 1}


def test_a_clock_that_jumped_is_a_finding() -> None:
    row = request("chain", 0)
    row["event_time_unix_ms"] = T0 + 3_600_000

    trace = read(row)

    assert only(trace)["end_ns"] == START + 100 * MS
    assert findings(trace) == {"clock_disagrees": 1}


milliseconds = (
    st.none() | st.floats(-1, 500) | st.integers(-1, 500) | st.sampled_from([1e308, 2**63, 2**64, "4"])
)


@given(
    received=st.none() | st.integers(0, 200).map(lambda at: T0 + at),
    total=milliseconds,
    ttft=milliseconds,
    wait=milliseconds,
    prefill=milliseconds,
)
def test_whatever_is_stated_the_parts_add_up(
    received: Any, total: Any, ttft: Any, wait: Any, prefill: Any
) -> None:
    row = request(
        "chain",
        0,
        request_received_ms=received,
        total_time_ms=total,
        ttft_ms=ttft,
        prefill_wait_time_ms=wait,
        prefill_time_ms=prefill,
    )

    span = only(read(row))

    start, end, first = span["start_ns"], span["end_ns"], span["first_token_ns"]
    queue, prefilled, decode = span["queue_ns"], span["prefill_ns"], span["decode_ns"]
    assert all(part is None or part >= 0 for part in (start, end, queue, prefilled, decode))
    if first is not None and end is not None:
        assert start <= first <= end
        assert decode is None or first + decode == end
    if None not in (first, queue, prefilled):
        assert start + queue + prefilled == first
    for name, value in (("queue", queue), ("prefill", prefilled), ("first_token", first), ("decode", decode)):
        assert (span[f"{name}_evidence"] is None) == (value is None)


@given(st.floats(0, 1e5), st.floats(0, 1e5), st.floats(0, 1e5))
def test_the_identities_of_dynamo_hold_to_the_nanosecond(wait: float, prefill: float, rest: float) -> None:
    ttft = wait + prefill
    row = request(
        "chain",
        0,
        total=ttft + rest,
        ttft_ms=ttft,
        prefill_wait_time_ms=wait,
        prefill_time_ms=prefill,
    )

    trace = read(row)

    span = only(trace)
    assert span["start_ns"] + span["queue_ns"] + span["prefill_ns"] == span["first_token_ns"]
    assert span["first_token_ns"] + span["decode_ns"] == span["end_ns"]
    assert abs(span["prefill_ns"] - prefill * MS) <= 2
    assert findings(trace) == {}
