"""Queue out of prefill: drawings by hand, and servers whose truth is known."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, SpanKind
from agenttrace.serving.looks import Look
from agenttrace.serving.observations import COLUMNS, met_nobody, observe
from agenttrace.serving.parting import part_queue
from agenttrace.serving.prefill_time import LEAST_REQUESTS, PrefillTime
from agenttrace.serving.service import Service, fit_service
from agenttrace.serving.token_costs import STATED
from timeline import EPOCH, MS, trace_of
from unit.serving.servers import BASE_NS, PER_TOKEN_NS, observed, serve

MODEL = ("m", "dynamo", True)


def seen(rows: list[dict[str, Any]]) -> Look:
    """The rows as what was seen of a server."""
    return Look(observed(rows), pl.DataFrame(schema=STATED))


def _queue(time: PrefillTime, rows: list[dict[str, Any]]) -> np.ndarray:
    frame = observed(rows)
    names = ("wait_ns", "uncached_tokens", "context_tokens")
    return time.queue_in(*(frame[name].to_numpy().astype(np.float64) for name in names))


# Who met an idle server


def test_a_request_meets_nobody_when_all_before_it_have_their_first_token() -> None:
    """
    a |qqpp      |   the first: what it met is not known
    b | qqqp     |   a waits
    c |    pp    |   a and b are served at that instant
    d |     ppp  |   c waits
    e |    pp    |   of another worker, the first there
    """
    waits = [(0, 4, 1), (1, 3, 1), (4, 2, 1), (5, 3, 1), (4, 2, 2)]
    rows = [
        dict(zip(COLUMNS, (n, "m", "f", True, worker, EPOCH + at * MS, took * MS, 1, 1), strict=True))
        for n, (at, took, worker) in enumerate(waits)
    ]

    assert met_nobody(observed(rows)).tolist() == [False, False, True, False, False]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10), st.integers(1, 2)), max_size=12))
def test_meeting_nobody_is_what_looking_at_each_pair_says(drawn: list[tuple[int, int, int]]) -> None:
    rows = [
        dict(zip(COLUMNS, (n, "m", "f", True, worker, EPOCH + at, took, 1, 1), strict=True))
        for n, (at, took, worker) in enumerate(drawn)
    ]
    wanted = []
    for at, _, worker in drawn:
        others = [(a, a + took) for a, took, where in drawn if where == worker]
        waiting = any(sent < at < token for sent, token in others)
        wanted.append(not waiting and at >= min(token for _, token in others))

    assert met_nobody(observed(rows)).tolist() == wanted if rows else True


# Fits


@pytest.mark.parametrize("between_ms", [900, 500, 320])
def test_the_unloaded_prefill_of_a_server_is_found_under_any_load_that_leaves_it_idle(
    between_ms: int,
) -> None:
    rows = serve(400, between_ms * MS)
    time = fit_service(seen(rows)).times[MODEL]
    truth = sum(row["truth_ns"] for row in rows)

    assert not time.bound
    assert time.predict(np.array([1000.0]), np.array([10_000.0]))[0] == pytest.approx(
        BASE_NS + 1000 * PER_TOKEN_NS, rel=0.05
    )
    waits = sum(row["wait_ns"] for row in rows)
    assert abs(_queue(time, rows).sum() - truth) < 0.03 * waits


def test_a_server_that_is_never_idle_gives_a_lower_bound() -> None:
    rows = serve(600, 120 * MS)[300:]
    truth = np.array([row["truth_ns"] for row in rows])
    assert truth.min() > 10 * BASE_NS
    time = fit_service(seen(rows)).times[MODEL]

    assert time.bound
    assert (_queue(time, rows) <= truth * 1.001).all()


def test_a_light_trace_calibrates_a_heavy_one() -> None:
    light = fit_service(seen(serve(200, 1500 * MS, seed=2))).as_calibration()
    heavy = serve(600, 120 * MS)[300:]
    time = light.time_of(MODEL)

    assert time is not None
    assert time.calibrated
    truth = sum(row["truth_ns"] for row in heavy)
    assert _queue(time, heavy).sum() == pytest.approx(truth, rel=0.01)


def test_too_few_requests_or_no_tokens_fit_nothing() -> None:
    rows = serve(LEAST_REQUESTS - 1, 900 * MS)
    untold = [{**row, "context_tokens": None, "uncached_tokens": None} for row in serve(100, 900 * MS)]

    assert not fit_service(seen(rows)).times
    assert not fit_service(seen(untold)).times


def test_the_order_of_rows_and_the_clock_change_nothing() -> None:
    rows = serve(100, 400 * MS)
    later = [{**row, "dispatch_ns": row["dispatch_ns"] + 12_345} for row in reversed(rows)]

    assert fit_service(seen(rows)) == fit_service(seen(later))


def test_a_calibration_of_one_model_stands_for_any_other() -> None:
    time = PrefillTime(1.0, 1.0)
    one, two = Service({MODEL: time}), Service({MODEL: time, ("n", "dynamo", True): time})

    assert one.as_calibration().time_of(("x", "otlp", True)) == replace(time, calibrated=True)
    assert one.as_calibration().time_of(("x", "otlp", False)) is None
    assert two.as_calibration().time_of(("x", "otlp", True)) is None
    assert one.time_of(("x", "otlp", True)) is None


# Traces


def _trace(rows: list[dict[str, Any]], **facts: Any) -> Trace:
    """A session with a request for each row; what the server queued before the dispatch is a millisecond."""
    end = max(row["dispatch_ns"] + row["wait_ns"] for row in rows) + MS
    spans = [{"span": 0, "kind": SpanKind.SESSION.value, "start_ns": EPOCH, "end_ns": end}]
    for row in rows:
        token = row["dispatch_ns"] + row["wait_ns"]
        told = {
            "queue_ns": MS,
            "queue_evidence": Evidence.MEASURED.value,
            "prefill_ns": row["wait_ns"],
            "prefill_evidence": Evidence.BOUNDED.value,
            "first_token_ns": token,
            "first_token_evidence": Evidence.MEASURED.value,
        }
        spans.append(
            {
                "span": row["row"] + 1,
                "parent": 0,
                "kind": SpanKind.REQUEST.value,
                "model": row["model"],
                "start_ns": row["dispatch_ns"] - MS,
                "end_ns": token + MS,
                "input_tokens": row["context_tokens"],
                "cache_read_tokens": row["context_tokens"] - row["uncached_tokens"],
                **told,
                **facts,
            }
        )
    return trace_of(spans)


def _requests(trace: Trace) -> pl.DataFrame:
    frame = pl.DataFrame(pl.from_arrow(trace.spans)).with_columns(pl.col(pl.Categorical).cast(pl.String))
    return frame.filter(pl.col("kind") == "request")


def test_queue_and_prefill_are_the_wait_and_the_queue_before_the_dispatch_stays() -> None:
    rows = serve(200, 400 * MS)
    parted = part_queue(_trace(rows))
    requests = _requests(parted.trace)

    waits = [row["wait_ns"] + MS for row in rows]
    assert (requests["queue_ns"] + requests["prefill_ns"]).to_list() == waits
    assert requests["queue_ns"].min() == MS
    assert set(requests["queue_evidence"]) == set(requests["prefill_evidence"]) == {"estimated"}
    total = parted.totals.row(0, named=True)
    assert total["queue_ns"] == requests["queue_ns"].sum() - 200 * MS
    assert total["requests"] == 200
    assert parted.findings["code"].to_list() == ["queue_estimated"]


def test_where_only_the_first_token_is_told_the_wait_runs_from_the_start() -> None:
    untold = dict.fromkeys(("queue_ns", "queue_evidence", "prefill_ns", "prefill_evidence"))
    rows = serve(200, 400 * MS)
    parted = part_queue(_trace(rows, **untold))
    requests = _requests(parted.trace)

    assert (requests["queue_ns"] + requests["prefill_ns"]).to_list() == [r["wait_ns"] + MS for r in rows]
    assert not parted.totals["from_dispatch"].any()


def test_a_prefill_that_an_engine_measured_is_left_alone() -> None:
    trace = _trace(serve(200, 400 * MS), prefill_evidence=Evidence.MEASURED.value)
    parted = part_queue(trace)

    assert parted.trace.spans.equals(trace.spans)
    assert observe(trace).is_empty()
    assert parted.findings.is_empty()


def test_what_cannot_be_parted_is_said() -> None:
    trace = _trace(serve(5, 900 * MS))
    parted = part_queue(trace)

    assert parted.trace.spans.equals(trace.spans)
    assert parted.findings.rows(named=True)[0]["code"] == "queue_in_prefill"
    assert parted.findings["count"].to_list() == [5]


def test_a_bound_says_so_in_evidence_and_finding() -> None:
    parted = part_queue(_trace(serve(600, 120 * MS)[300:]))

    assert set(_requests(parted.trace)["queue_evidence"]) == {"bounded"}
    assert parted.findings["code"].to_list() == ["queue_lower_bound"]
    assert parted.findings["severity"].to_list() == ["warning"]
