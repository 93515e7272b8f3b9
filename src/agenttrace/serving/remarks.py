"""What has to be said of a queue that was parted from prefill, or could not be."""

from __future__ import annotations

import polars as pl

from agenttrace import units
from agenttrace.model.vocabulary import Severity
from agenttrace.serving.prefill_time import PrefillTime
from agenttrace.serving.service import Service

REMARKS = {"code": pl.String, "severity": pl.String, "count": pl.Int64, "example": pl.String}


def remark_on_queues(service: Service, parted: pl.DataFrame, unparted: int) -> pl.DataFrame:
    """Findings, with the columns of REMARKS. `unparted`: requests whose prefill holds a queue that stays in it."""
    rows = []
    for model, told_by, from_dispatch, requests, *_ in parted.iter_rows():
        time = service.time_of((model, told_by, from_dispatch))
        if time is None:
            continue
        code, severity = (
            ("queue_lower_bound", Severity.WARNING) if time.bound else ("queue_estimated", Severity.INFO)
        )
        rows.append((code, severity.value, requests, f"{model or 'model unknown'}: {_says(time)}"))
    if unparted:
        rows.append(("queue_in_prefill", Severity.INFO.value, unparted, _UNPARTED))
    return pl.DataFrame(rows, schema=REMARKS, orient="row")


_UNPARTED = (
    "prefill runs from the dispatch to the first token and holds the engine's queue: "
    "too few requests, or no token counts, to part them"
)


def _says(time: PrefillTime) -> str:
    if time.bound:
        return (
            "hardly any request is known to have met an idle server, so prefill is an upper bound and queue a "
            "lower one; a trace of light load given as --calibrate parts them"
        )
    origin = "the calibration trace" if time.calibrated else "this trace"
    return (
        f"queue is what a wait exceeds an unloaded prefill by: {units.format_duration(int(time.base_ns))} and "
        f"{units.format_duration(int(time.per_token_ns))} a token, half of {time.unloaded} unloaded requests of "
        f"{origin} within {units.format_duration(time.error_ns)}"
    )
