"""Ends that are not of the spans but of the run: a program that closes all its spans when it is over."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.columns import Mask, are, code, codes, extents, worded
from agenttrace.ingest.assembly.frames import put
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.model.vocabulary import Evidence, Phase, Severity

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
    call = are(spans, "kind", "request", "tool")
    flushed = _ending_at_once(spans, call)[spans.get_column("sid").to_numpy()]
    if not flushed.any():
        return spans
    ends, holds = flushed & call, flushed & ~call
    ledger.add_where("ends_together", Severity.WARNING, _WHAT, spans, ends)
    start, end = (spans.get_column(name).to_numpy() for name in ("start_ns", "end_ns"))
    return put(
        spans,
        pl.Series("end_ns", np.where(ends, start, end)),
        _put(spans, "end_evidence", ends, Evidence.UNKNOWN.value),
        _put(spans, "own_phase", holds, Phase.UNKNOWN.value),
    )


def _ending_at_once(spans: pl.DataFrame, call: Mask) -> Mask:
    """Of each session, by sid."""
    sid, start, end = (spans.get_column(name).to_numpy() for name in ("sid", "start_ns", "end_ns"))
    count = int(sid.max()) + 1
    first, last = extents(sid, start, end, ..., count)
    first_end = extents(sid, end, end, ..., count)[0]
    first_call, last_call = extents(sid, start, start, call, count)
    enough = (np.bincount(sid, minlength=count) >= _LEAST_SPANS) & (
        np.bincount(sid[call], minlength=count) >= _LEAST_CALLS
    )
    wall = last - first
    at_once = (last - first_end <= wall * _LAST_SHARE) & (last_call - first_call >= wall * _SPREAD_SHARE)
    return enough & at_once


def _put(spans: pl.DataFrame, column: str, where: Mask, word: str) -> pl.Series:
    return worded(column, np.where(where, np.int8(code(column, word)), codes(spans.get_column(column))))
