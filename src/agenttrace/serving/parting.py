"""Queue parted from prefill in the requests of a trace, by what the server takes without load."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pyarrow as pa

from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence
from agenttrace.serving.looks import seen_in
from agenttrace.serving.observations import observe
from agenttrace.serving.prefill_time import PrefillTime
from agenttrace.serving.remarks import remark_on_queues
from agenttrace.serving.service import Key, Service, fit_service, groups

PARTED = {
    "model": pl.String,
    "format": pl.String,
    "from_dispatch": pl.Boolean,
    "requests": pl.Int64,
    "queued": pl.Int64,
    "wait_ns": pl.Int64,
    "queue_ns": pl.Int64,
    "base_ns": pl.Float64,
    "per_token_ns": pl.Float64,
    "per_token_context_ns": pl.Float64,
    "unloaded": pl.Int64,
    "error_ns": pl.Int64,
    "bound": pl.Boolean,
    "calibrated": pl.Boolean,
}


@dataclass(frozen=True, slots=True, eq=False)
class Parted:
    """A trace with queue and prefill told apart.

    `totals` has the columns of PARTED, a row for each model and beginning of the wait: how many requests waited, how
    many of them queued, the sums of both times, and the fit (see PrefillTime). `findings`: what has to be
    said of it, with the columns of REMARKS. `service`: what is known of the server.
    """

    trace: Trace
    service: Service
    totals: pl.DataFrame
    findings: pl.DataFrame


def part_queue(trace: Trace, service: Service | None = None) -> Parted:
    """Every wait of a model that the service knows becomes queue and prefill, `estimated` or `bounded`.

    What a calibration does not know is fitted to the trace itself. A queue that the source states before the
    dispatch stays part of the queue. Requests without token counts stay as they are.
    """
    observed = observe(trace)
    parts = groups(observed)
    service = service or Service({})
    if service.stated is None:
        service = service.or_else(fit_service(seen_in(trace)))
    changes, totals = [], []
    for key, group in parts.items():
        time = service.time_of(key)
        counted = group.filter(pl.col("context_tokens").is_not_null())
        if time is not None and counted.height:
            changes.append(_change(time, counted))
            totals.append(_total(key, time, changes[-1]))
    made = pl.DataFrame(totals, schema=PARTED, orient="row")
    left = observed.filter("from_dispatch").height - int(made.filter("from_dispatch")["requests"].sum())
    spans = _rewritten(trace.spans, pl.concat(changes)) if changes else trace.spans
    return Parted(replace(trace, spans=spans), service, made, remark_on_queues(service, made, left))


def _change(time: PrefillTime, group: pl.DataFrame) -> pl.DataFrame:
    """Row, queue, prefill and evidence of each request of a group."""
    columns = ("wait_ns", "uncached_tokens", "context_tokens")
    wait, uncached, context = (group.get_column(name).to_numpy().astype(np.float64) for name in columns)
    queue = np.rint(time.queue_in(wait, uncached, context)).astype(np.int64)
    queue = np.minimum(queue, group.get_column("wait_ns").to_numpy())
    evidence = Evidence.BOUNDED if time.bound else Evidence.ESTIMATED
    return group.select(
        pl.col("row").cast(pl.UInt32),
        queue=pl.Series(queue),
        prefill=group.get_column("wait_ns") - pl.Series(queue),
        word=pl.lit(evidence.value, pl.String),
    )


def _total(key: Key, time: PrefillTime, change: pl.DataFrame) -> tuple[object, ...]:
    queue, prefill = (change.get_column(name).to_numpy() for name in ("queue", "prefill"))
    return (
        *(*key, change.height, int((queue > 0).sum()), int(queue.sum() + prefill.sum()), int(queue.sum())),
        *(time.base_ns, time.per_token_ns, time.per_token_context_ns),
        *(time.unloaded, time.error_ns, time.bound, time.calibrated),
    )


def _rewritten(spans: pa.Table, new: pl.DataFrame) -> pa.Table:
    names = ("queue_ns", "queue_evidence", "prefill_ns", "prefill_evidence")
    old = pl.DataFrame(pl.from_arrow(spans.select(list(names))))
    old = old.with_columns(pl.col(pl.Categorical).cast(pl.String)).with_row_index("row")
    changed = pl.col("word").is_not_null()
    stated = pl.when(pl.col("prefill_ns").is_null()).then(0).otherwise(pl.col("queue_ns").fill_null(0))
    filled = old.join(new, on="row", how="left", maintain_order="left").select(
        pl.when(changed).then(pl.col("queue") + stated).otherwise("queue_ns").alias("queue_ns"),
        pl.coalesce("word", "queue_evidence").alias("queue_evidence"),
        pl.when(changed).then("prefill").otherwise("prefill_ns").alias("prefill_ns"),
        pl.coalesce("word", "prefill_evidence").alias("prefill_evidence"),
    )
    for name in names:
        place = spans.schema.get_field_index(name)
        field = spans.schema.field(place)
        values = filled.get_column(name)
        if pa.types.is_dictionary(field.type):
            coded = pa.array(values.to_list(), pa.string()).dictionary_encode()
            spans = spans.set_column(place, field, coded.cast(field.type))
        else:
            spans = spans.set_column(place, field, values.to_arrow())
    return spans
