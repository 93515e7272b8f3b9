"""What an agent did within an interaction that names nothing of it belongs inside."""

from __future__ import annotations

from unit.ingest.assembly.rows import Row, span, trace_of


def _parents(*rows: Row) -> dict[str, str | None]:
    spans = trace_of(list(rows)).spans.to_pylist()
    names = {row["span"]: row["source_id"] for row in spans}
    return {row["source_id"]: names.get(row["parent"]) for row in spans if row["source_id"]}


def test_the_one_that_lasted_all_the_while_holds_it() -> None:
    found = _parents(
        span("m", "first", "interaction", 0, 10),
        span("m", "second", "interaction", 11, 20),
        span("m", "r", "request", 2, 5),
        span("m", "t", "tool", 11, 20),
        span("m", "late", "tool", 9, 12),
        span("m", "alone", "request", 30, 31),
    )

    assert (found["r"], found["t"]) == ("first", "second")
    assert (found["late"], found["alone"]) == ("agent:m", "agent:m")


def test_one_that_holds_something_already_says_what_is_in_it() -> None:
    found = _parents(
        span("m", "i", "interaction", 0, 20),
        span("m", "own", "request", 1, 3, parent_key="i"),
        span("m", "other", "request", 4, 6),
    )

    assert (found["own"], found["other"]) == ("i", "agent:m")
