"""Spans that seem to start just before what they waited for had ended: the grain of their clocks.

Many sources state starts in whole milliseconds, rounded down, and ends exactly. A tool that began when its
request ended then seems to begin a little earlier, and nothing that had finished explains its start.
"""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.frames import TOLERANCE_NS
from agenttrace.ingest.assembly.holders import Held

_CONFIDENCE = 0.9
_WAITED_FOR = ("request", "tool", "compaction", "user_wait", "interaction")


def infer_overlaps(held: Held, stated: pl.DataFrame) -> pl.DataFrame:
    """Links (sid, from_row, to_row, rule, confidence) to spans without a stated dependency.

    From the sibling that ends first after the start, within the tolerance, if it had begun well before.
    """
    spans = held.spans.select(
        "sid", "kind", "start_ns", "end_ns", row=pl.int_range(pl.len(), dtype=pl.Int64)
    ).with_columns(parent=pl.Series(held.parents, dtype=pl.Int64))
    long = pl.col("end_ns") - pl.col("start_ns") > TOLERANCE_NS
    before = spans.filter(pl.col("kind").cast(pl.String).is_in(_WAITED_FOR) & long).select(
        "parent", at="end_ns", from_row="row", from_start="start_ns"
    )
    known = stated.filter(pl.col("explicit")).get_column("to_row")
    waiting = spans.filter(~pl.col("row").is_in(known.implode())).with_columns(at=pl.col("start_ns") + 1)
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
