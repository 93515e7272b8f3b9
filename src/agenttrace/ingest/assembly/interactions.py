"""Work that names no interaction, though one is told that lasted all the while.

Turns and what was done in them may come from different sources: Codex tells turns as spans and requests as log
records, and exporters write each of these into a file of its own.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from agenttrace.ingest.assembly.columns import are
from agenttrace.ingest.assembly.frames import TOLERANCE_NS, WORK
from agenttrace.ingest.assembly.holders import Held
from agenttrace.ingest.assembly.lookup import NONE


def fill_interactions(held: Held) -> Held:
    """What an agent did within an interaction that holds nothing, beside it so far, belongs inside it.

    Interactions of one agent follow each other: of those that had begun, the last one counts.
    """
    start, end = (held.spans.get_column(name).to_numpy() for name in ("start_ns", "end_ns"))
    empty = are(held.spans, "kind", "interaction") & (end > start)
    empty[held.parents[held.parents != NONE]] = False
    if not empty.any():
        return held
    facts = held.spans.select(
        "start_ns", "end_ns", "kind", row=pl.int_range(pl.len(), dtype=pl.Int64)
    ).with_columns(lane=pl.Series(held.lane), parent=pl.Series(held.parents))
    beside = facts.filter(pl.col("kind").is_in(WORK)).with_columns(at=pl.col("start_ns") + TOLERANCE_NS)
    latest = facts.filter(pl.Series(empty)).select(
        "lane", "parent", at="start_ns", until="end_ns", outer="row"
    )
    pairs = (
        beside.sort("at")
        .join_asof(
            latest.sort("at", "until"),
            on="at",
            by=["lane", "parent"],
            strategy="backward",
            check_sortedness=False,
        )
        .filter(pl.col("until") >= pl.col("end_ns") - TOLERANCE_NS)
    )
    parents = held.parents.copy()
    parents[pairs.get_column("row").to_numpy()] = pairs.get_column("outer").to_numpy()
    return replace(held, parents=parents)
