"""A retry that is stated in one way: by a link, by a number, by a purpose (times in seconds)."""

from __future__ import annotations

from typing import Any

import pytest

import agenttrace
from unit.ingest.assembly.rows import SECOND, Row, agent, link, span, trace_of

LINK = [link("m", "r1", "r2", kind="retries")]


def retried(first: dict[str, Any], second: dict[str, Any], links: list[Row]) -> list[Row]:
    """A request from 1 to 3, the next from 5 to 9."""
    return [
        agent("m"),
        span("m", "r1", "request", 1, 3, **first),
        span("m", "r2", "request", 5, 9, **second),
        *links,
    ]


@pytest.mark.parametrize(
    ("first", "second", "links"),
    [
        ({"status": "error"}, {}, LINK),
        ({}, {}, LINK),
        ({"purpose": "failed_attempt"}, {"attempt": 2}, []),
        ({"attempt": 1, "status": "error"}, {"attempt": 2}, []),
        ({"status": "cancelled"}, {"attempt": 2}, []),
        ({"purpose": "failed_attempt", "attempt": 1}, {"attempt": 2}, LINK),
    ],
)
def test_however_it_is_stated_it_is_the_same_retry(
    first: dict[str, Any], second: dict[str, Any], links: list[Row]
) -> None:
    (row,) = agenttrace.analyze(trace_of(retried(first, second, links))).sessions.iter_rows(named=True)
    assert row["retries"] == 1
    assert row["path_backoff_ns"] == 2 * SECOND
    assert row["purpose_failed_attempt_ns"] == (2 + 2) * SECOND


@pytest.mark.parametrize(
    ("first", "second"),
    [({}, {}), ({"status": "error"}, {}), ({"status": "ok", "attempt": 3}, {"attempt": 2})],
)
def test_what_nothing_says_to_be_a_retry_is_none(first: dict[str, Any], second: dict[str, Any]) -> None:
    (row,) = agenttrace.analyze(trace_of(retried(first, second, []))).sessions.iter_rows(named=True)
    assert row["path_backoff_ns"] == row["purpose_failed_attempt_ns"] == 0


def test_an_answer_that_was_good_is_no_failed_attempt_whatever_followed() -> None:
    (row,) = agenttrace.analyze(trace_of(retried({"status": "ok"}, {}, LINK))).sessions.iter_rows(named=True)
    assert (row["retries"], row["purpose_failed_attempt_ns"]) == (1, 2 * SECOND)


def test_a_third_attempt_counts_on() -> None:
    rows = retried({}, {"status": "error"}, LINK)
    rows += [span("m", "r3", "request", 10, 12), link("m", "r2", "r3", kind="retries")]
    assert trace_of(rows).spans["attempt"].drop_null().to_pylist() == [2, 3]


def test_a_compaction_is_for_itself_and_so_is_the_request_in_it() -> None:
    rows = [
        agent("m"),
        span("m", "r1", "request", 1, 3),
        span("m", "c", "compaction", 3, 6),
        span("m", "r2", "request", 4, 6, parent_key="c"),
        span("m", "r3", "request", 6, 9),
    ]
    (row,) = agenttrace.analyze(trace_of(rows)).sessions.iter_rows(named=True)
    assert (row["purpose_compaction_ns"], row["compactions"]) == (3 * SECOND, 1)


def test_what_the_background_feeds_is_its_use() -> None:
    rows = [
        agent("m"),
        span("m", "r1", "request", 1, 10),
        span("m", "t", "tool", 12, 30, name="Bash"),
        span("m", "r2", "request", 60, 70),
        agent("a", "m", name="scout", background=True),
        span("a", "xa", "request", 10, 50),
        link("m", "r1", "t"),
        link("m", "a", "r2"),
    ]
    (join,) = agenttrace.analyze(trace_of(rows)).joins.iter_rows(named=True)
    assert (join["background"], join["explicit"], join["waited_for_name"]) == (True, True, "scout")


def test_a_tool_that_a_clock_sets_before_its_agent_changes_nothing_else() -> None:
    def rows(early: float) -> list[Row]:
        return [
            agent("m"),
            span("m", "r", "agent", 10, 20, name="m"),
            span("m", "q1", "request", 10, 14),
            span("m", "k", "tool", 10 - early, 16, parent_key="r", name="k"),
            span("m", "q2", "request", 16, 20, parent_key="r"),
        ]

    exact, early = (agenttrace.analyze(trace_of(rows(by))).top for by in (0, 0.001))
    drags = [dict(top.select("name", "drag_ns").drop_nulls().iter_rows()) for top in (exact, early)]
    assert drags[0]["k"] == drags[1]["k"] == 2 * SECOND
