"""L9 and L12 at the door of the house: no order and no split of the records changes the tables."""

from __future__ import annotations

import random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from unit.ingest.assembly.rows import Row, agent, frame, source, span, trace_of

KINDS = st.sampled_from(["request", "tool", "other", "compaction"])


@st.composite
def stories(draw: st.DrawFn) -> list[Row]:
    """One session: a tree of chains, each with spans anywhere in time, some of them of unknown end."""
    chains = draw(st.integers(1, 4))
    rows: list[Row] = []
    for chain in range(chains):
        parent = f"c{draw(st.integers(0, chain - 1))}" if chain else None
        rows.append(agent(f"c{chain}", parent, main=None if parent else True))
        for index in range(draw(st.integers(1, 5))):
            start = draw(st.integers(0, 60))
            length = draw(st.one_of(st.none(), st.integers(0, 20)))
            end = None if length is None else start + length
            key = f"c{chain}s{index}"
            rows.append(span(f"c{chain}", key, draw(KINDS), 1 + start, None if end is None else 1 + end))
    return rows


@settings(max_examples=60)
@given(stories(), st.integers(1, 6), st.randoms(use_true_random=False))
def test_any_order_in_any_files_gives_the_same_tables(
    rows: list[Row], files: int, chance: random.Random
) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    pieces = [shuffled[index::files] for index in range(files)]

    whole, scattered = trace_of(rows), trace_of(*pieces)

    for table in ("sessions", "agents", "spans", "links", "marks"):
        assert frame(getattr(whole, table)).equals(frame(getattr(scattered, table))), table


@settings(max_examples=60)
@given(stories())
def test_every_row_is_a_span_or_a_finding(rows: list[Row]) -> None:
    recorded = source("whole", rows).raw.spans.num_rows

    kept = frame(trace_of(rows).spans).filter(pl.col("source_id").str.starts_with("c")).height

    assert kept == recorded


@settings(max_examples=30)
@given(stories(), st.integers(1, 3))
def test_reading_everything_again_changes_nothing(rows: list[Row], times: int) -> None:
    once, again = trace_of(rows), trace_of(*[rows] * (times + 1))

    assert frame(once.spans).equals(frame(again.spans))
