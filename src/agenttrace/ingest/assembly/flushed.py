"""Ends that are not of the spans but of the run: a program that closes all its spans when it is over."""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.model.vocabulary import Evidence, Severity

_LEAST_SPANS, _LEAST_CALLS = 8, 3
_LAST_SHARE = 0.01
_SPREAD_SHARE = 0.3
_WHAT = "a call that ends with all else at the end of its session: how long it took is not told"


def forget_flushed_ends(spans: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """In a session whose spans began one after another and all ended at once, when it did, no end is known.

    Its calls get no length, as any whose end is unknown, and the time of what holds them is of unknown phase.
    """
    if spans.height < _LEAST_SPANS:
        return spans
    call = (pl.col("kind") == "request") | (pl.col("kind") == "tool")
    wall = pl.col("end_ns").max() - pl.col("start_ns").min()
    calls = pl.col("start_ns").filter(call)
    flushed = spans.group_by("sid").agg(
        (pl.len() >= _LEAST_SPANS)
        & (call.sum() >= _LEAST_CALLS)
        & ((pl.col("end_ns").max() - pl.col("end_ns").min()) <= wall * _LAST_SHARE)
        & ((calls.max() - calls.min()) >= wall * _SPREAD_SHARE)
    )
    flushed = flushed.select("sid", flushed=pl.nth(1).fill_null(value=False)).filter("flushed")
    if flushed.is_empty():
        return spans
    spans = spans.join(flushed, on="sid", how="left", maintain_order="left").with_columns(
        pl.col("flushed").fill_null(value=False)
    )
    ends = pl.col("flushed") & call
    ledger.add_rows("ends_together", Severity.WARNING, _WHAT, spans.filter(ends))
    unknown = {
        "end_ns": pl.when(ends).then("start_ns").otherwise("end_ns"),
        "end_evidence": _put(spans, "end_evidence", ends, Evidence.UNKNOWN.value),
        "own_phase": _put(spans, "own_phase", pl.col("flushed") & ~call, "unknown"),
    }
    return spans.with_columns(**unknown).drop("flushed")


def _put(spans: pl.DataFrame, column: str, where: pl.Expr, value: str) -> pl.Expr:
    put = pl.when(where).then(pl.lit(value)).otherwise(pl.col(column).cast(pl.String))
    return put.cast(spans.get_column(column).dtype)
