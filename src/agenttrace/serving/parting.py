"""Queue parted from prefill in the requests of a trace, by what the server takes without load."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence
from agenttrace.serving.columns import numbers, stated
from agenttrace.serving.fitting import Bools
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
        counted = group.drop_nulls("context_tokens") if group["context_tokens"].null_count() else group
        if time is not None and counted.height:
            changes.append(_change(time, counted))
            totals.append(_total(key, time, changes[-1]))
    made = pl.DataFrame(totals, schema=PARTED, orient="row")
    from_dispatch = made.get_column("from_dispatch").to_numpy().astype(np.bool_)
    left = int(observed["from_dispatch"].sum()) - int(made["requests"].to_numpy()[from_dispatch].sum())
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
    """`new` has a row for each span that is changed."""
    new = new.sort("row")
    rows = new.get_column("row").to_numpy()
    changed = np.zeros(spans.num_rows, np.bool_)
    changed[rows] = True
    old = spans.select(["queue_ns", "prefill_ns"]).take(pa.array(rows))
    before = numbers(old, "queue_ns", 0) * stated(old, "prefill_ns")
    queue = new.get_column("queue").to_numpy() + before
    lengths = {"queue_ns": pa.array(queue), "prefill_ns": new.get_column("prefill").to_arrow()}
    for name, values in lengths.items():
        column = spans.column(name).combine_chunks()
        spans = _with(spans, name, pc.replace_with_mask(column, pa.array(changed), values))
    for name in ("queue_evidence", "prefill_evidence"):
        spans = _with(spans, name, _with_words(spans.column(name), changed, new.get_column("word")))
    return spans


def _with(spans: pa.Table, name: str, column: pa.Array[Any]) -> pa.Table:
    place = spans.schema.get_field_index(name)
    return spans.set_column(place, spans.schema.field(place), column)


def _with_words(column: pa.ChunkedArray[Any], changed: Bools, new: pl.Series) -> pa.Array[Any]:
    """A column of words with new ones where it is changed."""
    whole = cast("pa.DictionaryArray[Any, Any]", column.unify_dictionaries().combine_chunks())
    old = whole.dictionary.to_pylist()
    told = new.to_arrow().cast(pa.string())
    words = pa.array([*old, *(word for word in pc.unique(told).to_pylist() if word not in old)], pa.string())
    codes = pc.index_in(told, value_set=words).cast(pa.int8())
    indices = pc.replace_with_mask(whole.indices, pa.array(changed), codes)
    return pa.DictionaryArray.from_arrays(indices, words)
