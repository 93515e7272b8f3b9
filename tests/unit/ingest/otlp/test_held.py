"""What needs the whole source: SGLang's slices, Logfire's pending spans."""

from unit.ingest.otlp.telemetry import MS, TRACE, Record, facts, findings, ident, key, read_spans, rows, span

SGLANG = "sglang server"


def _request(values: Record | None = None) -> list[Record]:
    request = {
        "module": "sglang::request",
        "rid": "abcdef0123",
        "gen_ai.latency.time_to_first_token": 0.4,
        "gen_ai.latency.time_in_model_prefill": 0.35,
        "gen_ai.latency.time_in_model_decode": 0.6,
        **(values or {}),
    }
    return [
        span(1, (0, 1000), request, name=" Req abcdef01"),
        span(2, (40, 1000), {"thread_label": "scheduler", "tp_rank": 0}, name="scheduler [TP 0]", parent=1),
        span(3, (40, 1000), {"thread_label": "scheduler", "tp_rank": 1}, name="scheduler [TP 1]", parent=1),
        span(4, (50, 150), name="prefill_waiting", parent=2),
        span(5, (50, 151), name="prefill_waiting", parent=3),
        span(6, (150, 400), {"bid": 1}, name="prefill_forward", parent=2),
    ]


def test_sglangs_queue_is_the_slice_and_its_prefill_what_is_left() -> None:
    trace = read_spans(*reversed(_request()), scope=SGLANG)

    row = rows(trace)["1"]
    assert trace.dialects == ("sglang",)
    assert (row["kind"], row["name"], row["request_id"]) == ("request", "request", "abcdef0123")
    assert (row["queue_ns"], row["queue_evidence"]) == (100 * MS, "measured")
    assert (row["prefill_ns"], row["prefill_evidence"]) == (250 * MS, "derived")
    assert row["decode_ns"] == 600 * MS


def test_only_the_first_rank_counts() -> None:
    trace = read_spans(*_request(), scope=SGLANG)

    assert set(rows(trace)) == {"1", "2", "4", "6"}
    assert findings(trace) == {"tensor_parallel_copies": 2}


def test_without_the_slice_prefill_stays_unknown_because_it_includes_the_queue() -> None:
    trace = read_spans(_request()[0], scope=SGLANG)

    assert facts(trace, 1, "queue_ns", "prefill_ns") == {"queue_ns": None, "prefill_ns": None}
    assert rows(trace)["1"]["first_token_ns"]


def test_of_a_disaggregated_request_the_prefill_half_is_a_part() -> None:
    values = {"module": "sglang::request", "rid": "r", "bootstrap_room": "0x1"}
    prefill = span(1, (0, 400), values, name="prefill Req abc", parent=9)
    decode = span(2, (0, 900), values, name="decode Req abc", parent=9)

    trace = read_spans(prefill, decode, scope=SGLANG)

    assert {number: row["kind"] for number, row in rows(trace).items()} == {"1": "other", "2": "request"}


def _pending(number: int, of: int, parent: str) -> Record:
    values = {"logfire.span_type": "pending_span", "logfire.pending_parent_id": parent}
    return span(number, (5, 5), values, name="work (pending)", parent=of)


def test_a_pending_span_of_a_finished_one_is_left_out() -> None:
    final = span(1, (5, 50), {"logfire.span_type": "span"}, name="work")

    trace = read_spans(_pending(2, 1, "0" * 16), final)

    assert set(rows(trace)) == {"1"}
    assert findings(trace) == {"pending_span": 1}


def test_a_pending_span_of_one_that_never_came_is_its_beginning() -> None:
    trace = read_spans(_pending(2, 1, ident(9)))

    assert facts(trace, 1, "name", "parent_key", "end_ns", "status", "end_evidence") == {
        "name": "work",
        "parent_key": key(9),
        "end_ns": None,
        "status": "unfinished",
        "end_evidence": "unknown",
    }
    assert rows(trace)["1"]["session_key"] == f"trace:{TRACE}"
