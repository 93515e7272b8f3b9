"""Sessions that say what is asked for and in which order, but not how long any of it took."""

from __future__ import annotations

import polars as pl

from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.model.vocabulary import Evidence, Severity

TIMED = ~((~pl.col("timed")).any() & ~pl.col("timed").any())
"""Of all that is said of a session: a workload is what one source calls so, and none says otherwise."""


def untimed_sessions(sessions: pl.DataFrame) -> pl.Series:
    """The numbers (sid) of those sessions."""
    timed = sessions.get_column("timed")
    if timed.null_count() == len(timed):
        return pl.Series("sid", [], pl.Int64)
    return sessions.group_by("sid").agg(timed=TIMED).filter(~pl.col("timed")).get_column("sid").sort()


def without_lengths(spans: pl.DataFrame, untimed: pl.Series) -> pl.DataFrame:
    """Spans of workloads whose end nothing bounds end where they start, of unknown evidence.

    That is no unfinished span: nobody ever saw it run.
    """
    if untimed.is_empty():
        return spans
    open_end = pl.col("sid").is_in(untimed.implode()) & pl.col("end_ns").is_null()
    unknown = pl.lit(Evidence.UNKNOWN.value).cast(spans.get_column("end_evidence").dtype)
    return spans.with_columns(
        end_ns=pl.when(open_end).then("start_ns").otherwise("end_ns"),
        end_evidence=pl.when(open_end).then(unknown).otherwise("end_evidence"),
    )


def without_extents(spans: pl.DataFrame, untimed: pl.Series) -> pl.DataFrame:
    """The spans that assembly made to hold others have no known end where those have none."""
    if untimed.is_empty():
        return spans
    made = pl.col("sid").is_in(untimed.implode()) & (pl.col("origin") == NONE)
    unknown = pl.lit(Evidence.UNKNOWN.value).cast(spans.get_column("end_evidence").dtype)
    return spans.with_columns(end_evidence=pl.when(made).then(unknown).otherwise("end_evidence"))


def report_workloads(sessions: pl.DataFrame, ledger: Ledger) -> None:
    """Says where the sessions (as described) are that have no time to divide."""
    if sessions.get_column("timed").all():
        return
    workloads = sessions.filter(~pl.col("timed")).select(
        origin=pl.col("main_origin").cast(pl.Int32), line=pl.lit(None, pl.Int64)
    )
    what = "a workload says what is asked for, not how long it took"
    ledger.add_rows("no_timings", Severity.INFO, what, workloads)
