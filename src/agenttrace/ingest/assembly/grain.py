"""Spans that start while what they waited for still runs, where no record says that they waited.

Many sources state starts in whole milliseconds, rounded down, and ends exactly. A tool that began when its
request ended then seems to begin a little earlier, and nothing that had finished explains its start. And
some agents start tools while the answer that asks for them is still being written.
"""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.frames import TOLERANCE_NS
from agenttrace.ingest.assembly.holders import Held

_CONFIDENCE = 0.9
_STREAMED_CONFIDENCE = 0.6
_WAITED_FOR = ("request", "tool", "compaction", "user_wait", "interaction")


def infer_overlaps(held: Held, stated: pl.DataFrame) -> pl.DataFrame:
    """Links (sid, from_row, to_row, rule, confidence) to spans without a stated dependency.

    From the sibling that ends first after the start, within the tolerance, if it had begun well before;
    else, to requests and tool calls, from the request beside them that is running and began last.
    """
    known = stated.filter(pl.col("explicit")).get_column("to_row")
    row = pl.int_range(pl.len(), dtype=pl.Int64)
    spans = held.spans.select(
        "sid", "kind", "start_ns", "end_ns", row=row, known=row.is_in(known.implode())
    ).with_columns(parent=pl.Series(held.parents, dtype=pl.Int64))
    rounded = _rounded_down(spans)
    streamed = _streamed(spans).join(rounded, on="to_row", how="anti")
    return pl.concat([rounded, streamed])


def _streamed(spans: pl.DataFrame) -> pl.DataFrame:
    running = spans.filter(pl.col("kind") == "request").select(
        "parent", at="start_ns", from_row="row", from_end="end_ns"
    )
    waiting = spans.filter(
        ((pl.col("kind") == "request") | (pl.col("kind") == "tool")) & ~pl.col("known")
    ).with_columns(at=pl.col("start_ns") - 1)
    found = waiting.sort("at", "row").join_asof(
        running.sort("at", "from_row"), on="at", by="parent", strategy="backward", check_sortedness=False
    )
    return (
        found.drop_nulls("from_row")
        .filter(pl.col("from_end") > pl.col("start_ns"))
        .select(
            "sid",
            "from_row",
            to_row="row",
            rule=pl.lit("starts while the request before it runs"),
            confidence=pl.lit(_STREAMED_CONFIDENCE),
        )
    )


def _rounded_down(spans: pl.DataFrame) -> pl.DataFrame:
    long = pl.col("end_ns") - pl.col("start_ns") > TOLERANCE_NS
    before = spans.filter(pl.col("kind").cast(pl.String).is_in(_WAITED_FOR) & long).select(
        "parent", at="end_ns", from_row="row", from_start="start_ns"
    )
    waiting = spans.filter(~pl.col("known")).with_columns(at=pl.col("start_ns") + 1)
    found = waiting.sort("at", "row").join_asof(
        before.sort("at", "from_row"),
        on="at",
        by="parent",
        strategy="forward",
        tolerance=TOLERANCE_NS,
        check_sortedness=False,
    )
    return (
        found.drop_nulls("from_row")
        .filter(pl.col("from_start") < pl.col("start_ns") - TOLERANCE_NS)
        .select(
            "sid",
            "from_row",
            to_row="row",
            rule=pl.lit("ends within the clock's grain of the start"),
            confidence=pl.lit(_CONFIDENCE),
        )
    )
