"""Starts and ends that are missing or contradict each other: settled here, with a finding."""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.model.vocabulary import Evidence, Severity, Status

_DONE = ("ok", "error", "cancelled")


def settle_bounds(spans: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """No null start or end, and none that ends before it starts.

    A span without any time is dropped. A missing bound, like an end before the start, becomes the other
    bound, of unknown evidence: an unknown length counts nothing and is never a guess. A span that holds
    others and has no end reaches to the last of them (`stretch_containers`); of an interaction, and of what a
    program asks of itself, that is all there is to know, and no finding.
    """
    timeless = spans.filter(pl.col("start_ns").is_null() & pl.col("end_ns").is_null())
    ledger.add_rows("no_time", Severity.WARNING, "a span without start and end: dropped", timeless)
    kept = spans.filter(pl.col("start_ns").is_not_null() | pl.col("end_ns").is_not_null())
    negative = kept.filter(pl.col("end_ns") < pl.col("start_ns"))
    ledger.add_rows(
        "negative_duration",
        Severity.WARNING,
        "a span that ends before it starts: taken as of no length",
        negative,
    )
    open_end = kept.filter(pl.col("end_ns").is_null())
    done = pl.col("status").is_in(_DONE).fill_null(value=False)
    asked_by_itself = (pl.col("kind") == "other") & (pl.col("own_phase") == "harness").fill_null(value=False)
    asks = (pl.col("kind") == "interaction") | asked_by_itself
    never = ~done & ~(asks & pl.col("status").is_null())
    unended, untold = open_end.filter(never), open_end.filter(done)
    ledger.add_rows("unfinished", Severity.INFO, "a span that never ended: its length is unknown", unended)
    ledger.add_rows("end_untold", Severity.INFO, "a span that is said to be done, but not when", untold)
    return kept.with_columns(
        start_evidence=_evidence("start_ns", "start_evidence"),
        end_evidence=pl.when(pl.col("end_ns") < pl.col("start_ns"))
        .then(pl.lit(Evidence.UNKNOWN.value))
        .otherwise(_evidence("end_ns", "end_evidence")),
        open_end=pl.col("end_ns").is_null(),
        status=pl.when(pl.col("end_ns").is_null() & never)
        .then(pl.lit(Status.UNFINISHED.value))
        .otherwise(pl.col("status")),
        start_ns=pl.coalesce("start_ns", "end_ns"),
        end_ns=pl.max_horizontal(pl.coalesce("end_ns", "start_ns"), pl.coalesce("start_ns", "end_ns")),
    ).with_columns(
        pl.col("start_evidence", "end_evidence").cast(kept.get_column("start_evidence").dtype),
        pl.col("status").cast(kept.get_column("status").dtype),
    )


def _evidence(bound: str, evidence: str) -> pl.Expr:
    return (
        pl.when(pl.col(bound).is_null())
        .then(pl.lit(Evidence.UNKNOWN.value))
        .otherwise(pl.col(evidence).fill_null(Evidence.MEASURED.value))
    )
