"""Starts and ends that are missing or contradict each other: settled here, with a finding."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.columns import Codes, Mask, are, code, codes, known, numbers, worded
from agenttrace.ingest.assembly.frames import put
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lookup import NONE
from agenttrace.model.vocabulary import Evidence, Severity, Status

_DONE = ("ok", "error", "cancelled")


def settle_bounds(spans: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """No null start or end, and none that ends before it starts.

    A span without any time is dropped. A missing bound, like an end before the start, becomes the other
    bound, of unknown evidence: an unknown length counts nothing and is never a guess. A span that holds
    others and has no end reaches to the last of them (`stretch_containers`); of an interaction, and of what a
    program asks of itself, that is all there is to know, and no finding.
    """
    timeless = ~known(spans.get_column("start_ns")) & ~known(spans.get_column("end_ns"))
    ledger.add_where("no_time", Severity.WARNING, "a span without start and end: dropped", spans, timeless)
    kept = spans.filter(pl.Series(~timeless)) if timeless.any() else spans
    start, end = kept.get_column("start_ns"), kept.get_column("end_ns")
    starts, ends = known(start), known(end)
    first, last = numbers(start), numbers(end)
    negative = starts & ends & (last < first)
    ledger.add_where(
        "negative_duration",
        Severity.WARNING,
        "a span that ends before it starts: taken as of no length",
        kept,
        negative,
    )
    first = np.where(starts, first, last)
    return put(
        kept,
        worded("start_evidence", _evidence(kept, "start_evidence", starts)),
        worded("end_evidence", _evidence(kept, "end_evidence", ends & ~negative)),
        worded("status", _status(kept, ~ends, ledger)),
        pl.Series("start_ns", first),
        pl.Series("end_ns", np.maximum(np.where(ends, last, first), first)),
    ).hstack([pl.Series("open_end", ~ends)])


def _evidence(spans: pl.DataFrame, column: str, stated: Mask) -> Codes:
    evidence = codes(spans.get_column(column))
    measured, unknown = (code(column, word.value) for word in (Evidence.MEASURED, Evidence.UNKNOWN))
    return np.where(stated, np.where(evidence == NONE, measured, evidence), unknown)


def _status(spans: pl.DataFrame, open_end: Mask, ledger: Ledger) -> Codes:
    """That of spans which never ended is unfinished; some are said to be done, but not when."""
    status = codes(spans.get_column("status"))
    if not open_end.any():
        return status
    done = are(spans, "status", *_DONE)
    asked_by_itself = are(spans, "kind", "other") & are(spans, "own_phase", "harness")
    asks = are(spans, "kind", "interaction") | asked_by_itself
    never = open_end & ~done & ~(asks & (status == NONE))
    what = "a span that never ended: its length is unknown"
    ledger.add_where("unfinished", Severity.INFO, what, spans, never)
    what = "a span that is said to be done, but not when"
    ledger.add_where("end_untold", Severity.INFO, what, spans, open_end & done)
    return np.where(never, code("status", Status.UNFINISHED.value), status)
