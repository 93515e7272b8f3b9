"""What agents felt of their server, on requests small enough to work out by hand (times in seconds)."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import agenttrace
from agenttrace.critical_path.analysis import Analysis
from agenttrace.critical_path.measures.serving import coarser
from agenttrace.critical_path.serving_summary import _felt, summarise_serving
from agenttrace.critical_path.summary import quantiles
from unit.ingest.assembly.rows import SECOND, Row, agent, span, trace_of


def analysed(*rows: Row) -> Analysis:
    return agenttrace.analyze(trace_of([agent("m"), *rows]))


def one(number: int, start: float, end: float, first: float | None, tokens: int, **facts: Any) -> Row:
    told = (
        {} if first is None else {"first_token_ns": round(first * SECOND), "first_token_evidence": "measured"}
    )
    decode = {} if first is None else {"decode_ns": round((end - first) * SECOND)}
    return span(
        "m", f"r{number}", "request", start, end,
        output_tokens=tokens, model="m", **told, **decode, **facts,
    )  # fmt: skip


def test_first_token_and_speed_are_percentiles_over_requests() -> None:
    """Speeds 10, 20 and 40 tokens a second; a token alone has none."""
    analysis = analysed(
        one(1, 0, 3, 1, 21),
        one(2, 4, 6, 5, 21),
        one(3, 7, 10, 9, 41),
        one(4, 11, 12, 12, 1),
        one(5, 13, 14, None, 9),
    )
    (row,) = analysis.sessions.iter_rows(named=True)

    assert (row["ttft_p50_ns"], row["ttft_n"]) == (SECOND, 4)
    assert row["ttft_p99_ns"] == round((1 + 0.97) * SECOND)
    assert (row["itl_p50_ns"], row["itl_n"]) == (SECOND // 20, 3)
    assert row["tokens_per_s_p50"] == pytest.approx(20)
    assert row["tokens_per_s_slow5"] == pytest.approx(11)
    felt = summarise_serving(analysis).requests
    assert (felt.ttft_ns.p50, felt.ttft_ns.n) == (SECOND, 4)
    assert felt.tokens_per_s_user.slow1 == pytest.approx(10.2)


def test_a_cancelled_request_felt_nothing() -> None:
    analysis = analysed(one(1, 0, 3, 1, 21), one(2, 4, 9, 5, 3, status="cancelled"))

    assert analysis.sessions["ttft_n"].to_list() == [1]


def test_affinity_is_the_worker_of_the_lane_before_and_its_hit_rate() -> None:
    """Workers 1 1 2 (unknown) 2: two pairs are known; the moved request found a quarter."""
    facts = [
        {"worker": 1, "input_tokens": 100, "cache_read_tokens": 0},
        {"worker": 1, "input_tokens": 200, "cache_read_tokens": 90},
        {"worker": 2, "input_tokens": 300, "cache_read_tokens": 50},
        {"input_tokens": 400, "cache_read_tokens": 300},
        {"worker": 2, "input_tokens": 500, "cache_read_tokens": 400},
    ]
    analysis = analysed(*(one(n, n * 10, n * 10 + 5, None, 9, **fact) for n, fact in enumerate(facts)))
    (row,) = analysis.sessions.iter_rows(named=True)

    assert (row["affinity_pairs"], row["affinity_same"]) == (2, 1)
    assert row["hit_rate_same"] == pytest.approx(90 / 100)
    assert row["hit_rate_moved"] == pytest.approx(50 / 200)


@pytest.mark.parametrize(
    ("second", "reason"),
    [
        ({"worker": 1}, None),
        ({"worker": 2}, "other_worker"),
        ({"worker": 1, "late": 400}, "expiry"),
        ({"worker": 1, "cache_miss_reason": "evicted"}, "evicted"),
        ({"worker": 1, "input_tokens": 300}, "compaction"),
    ],
)
def test_a_miss_says_why_if_it_can_be_told(second: dict[str, Any], reason: str | None) -> None:
    late = second.pop("late", 20)
    facts = {"input_tokens": 1100, "cache_read_tokens": 0, **second}
    analysis = analysed(
        one(1, 0, 5, None, 9, worker=1, input_tokens=1000, cache_read_tokens=0),
        one(2, late, late + 5, None, 9, **facts),
    )
    (miss,) = analysis.cache_misses.iter_rows(named=True)

    assert miss["reason"] == reason
    assert miss["reason_stated"] is ("cache_miss_reason" in facts)
    assert miss["cost_ns"] is None


def test_a_miss_costs_the_prefill_of_what_was_missed() -> None:
    """Forty requests of a server that takes 10 ms and 10 us a token; the last one misses 2000 tokens."""
    rows = []
    for number in range(40):
        cached = 0 if number in {0, 39} else 2000
        wait = (10 + 0.01 * (2000 + number - cached)) / 1000
        rows.append(
            one(
                number, number * 10, number * 10 + 5, number * 10 + wait, 9,
                input_tokens=2000 + number, cache_read_tokens=cached,
            )
        )  # fmt: skip
    analysis = analysed(*rows)
    (miss,) = analysis.cache_misses.iter_rows(named=True)

    assert miss["tokens"] == 2038
    assert miss["cost_ns"] == pytest.approx(2038 * 10_000, rel=0.02)
    assert analysis.queues["queue_ns"].to_list() == [0]


def test_priorities_are_told_apart() -> None:
    analysis = analysed(
        one(1, 0, 3, 1, 21, priority=1), one(2, 4, 9, 7, 21, priority=5), one(3, 10, 12, 11, 5)
    )
    found = summarise_serving(analysis)

    assert [(felt.priority, felt.ttft_ns.p50) for felt in found.priorities] == [(1, SECOND), (5, 3 * SECOND)]
    assert found.requests.ttft_ns.n == 3


def test_levels_of_concurrency_are_time_and_sum_to_the_work() -> None:
    """
    a |======|
    b |  ==  |
    c |   ===|===   in another lane
    """
    rows = [
        agent("m"),
        span("m", "a", "tool", 0, 6),
        span("m", "b", "tool", 2, 4),
        span("m", "c", "tool", 3, 9),
    ]
    levels = agenttrace.analyze(trace_of(rows)).concurrency

    assert dict(levels.select("running", "length_ns").iter_rows()) == {
        1: 5 * SECOND,
        2: 3 * SECOND,
        3: SECOND,
    }


def test_coarser_latencies_keep_their_number_and_three_digits() -> None:
    values = [1, 999, 123_456, 123_499, 987_654_321]
    frame = pl.DataFrame(
        {"session": "s", "priority": None, "measure": "ttft", "value_ns": values, "count": 1}
    )
    frame = frame.with_columns(pl.col("priority").cast(pl.Int32), pl.col("count").cast(pl.Int64))
    found = coarser(frame)

    assert found["count"].sum() == len(values)
    assert found["value_ns"].to_list() == [1, 999, 123_000, 988_000_000]
    assert found["count"].to_list() == [1, 1, 2, 1]


@pytest.mark.parametrize("seed", range(20))
def test_values_that_are_counted_have_the_quantiles_of_the_values_one_by_one(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(0, 40, random.integers(1, 30)) * 1_000
    counts = random.integers(1, 5, len(values))
    latencies = pl.DataFrame(
        {
            "measure": ["itl"] * len(values),
            "priority": [None] * len(values),
            "value_ns": values,
            "count": counts,
        }
    )
    each = np.repeat(values, counts)

    felt = _felt(None, latencies)

    assert felt.itl_ns == quantiles(each.tolist())
    speed = 1e9 / each[each > 0]
    told = felt.tokens_per_s_user
    assert told.n == len(speed)
    if len(speed):
        expected = [float(np.percentile(speed, percent)) for percent in (50, 5, 1)]
        assert [told.p50, told.slow5, told.slow1] == pytest.approx(expected, abs=0.001)
