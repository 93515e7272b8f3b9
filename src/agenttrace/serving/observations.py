"""The waits for a first token in which an unknown queue may hide, one row a request."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, SpanKind
from agenttrace.serving.columns import numbers, rows_of, says, stated
from agenttrace.serving.fitting import Bools

COLUMNS = {
    "row": pl.Int64,
    "model": pl.String,
    "format": pl.String,
    "from_dispatch": pl.Boolean,
    "worker": pl.UInt64,
    "dispatch_ns": pl.Int64,
    "wait_ns": pl.Int64,
    "uncached_tokens": pl.Int64,
    "context_tokens": pl.Int64,
}

FACTS = (
    *("session", "span", "parent", "kind", "model", "worker", "prefill_worker", "start_ns", "end_ns"),
    *("input_tokens", "cache_read_tokens", "queue_ns", "prefill_ns", "prefill_evidence", "first_token_ns"),
)
"""The columns of spans that are looked at."""

_OF_REQUEST = ("model", "worker", "prefill_worker", "input_tokens", "cache_read_tokens")
_OF_WAITS = [*_OF_REQUEST, "start_ns", "queue_ns", "prefill_ns", "first_token_ns"]
_DEEPEST = 8
"""So many spans may lie between what a server tells and the request of its client."""


def observe(trace: Trace) -> pl.DataFrame:
    """Requests of which the time to the first token is known and its queue is not.

    `row` is the row of the spans table that tells of the wait: the request, or a server's span inside it.
    `wait_ns` runs from `dispatch_ns` to the first token. `from_dispatch`: the source states what of it was spent
    before the engine (prefill with evidence `bounded`); otherwise it runs from the start of the request. Tokens
    are null where the source does not count them. `format` is the session's.
    """
    spans = trace.spans
    request = says(spans, "kind", SpanKind.REQUEST.value)
    has_prefill = stated(spans, "prefill_ns")
    told = has_prefill | stated(spans, "queue_ns")
    holder = np.full(len(told), -1, np.int64)
    holder[told] = _requests_around(spans, request, np.flatnonzero(told))
    whole = request & ~told & _in_time(spans)
    whole[holder[holder >= 0]] = False
    bounded = has_prefill & says(spans, "prefill_evidence", Evidence.BOUNDED.value)
    waits = [pl.DataFrame(schema=COLUMNS)]
    if bounded.any():
        rows = np.flatnonzero(bounded)
        waits.append(_waits(_with_requests(_facts(trace, rows), spans, holder[rows]), from_dispatch=True))
    if whole.any():
        waits.append(_waits(_facts(trace, np.flatnonzero(whole)), from_dispatch=False))
    return pl.concat(waits)


def _with_requests(inside: pl.DataFrame, spans: pa.Table, holder: np.ndarray) -> pl.DataFrame:
    """What these spans do not say themselves of their requests, at rows `holder`, -1 for none."""
    around = rows_of(spans.select(list(_OF_REQUEST)), pa.array(holder, mask=holder < 0))
    own = inside.select(_OF_REQUEST)
    return inside.with_columns(
        mine.fill_null(theirs) if mine.null_count() else mine
        for mine, theirs in zip(own, around, strict=True)
    )


def _in_time(spans: pa.Table) -> Bools:
    """Whose first token came between their start and their end."""
    known = stated(spans, "first_token_ns")
    if known.any():
        token, start, end = (numbers(spans, name, 0) for name in ("first_token_ns", "start_ns", "end_ns"))
        known &= (token >= start) & (token <= end)
    return known


def _facts(trace: Trace, rows: np.ndarray) -> pl.DataFrame:
    """What is looked at of these spans, with their `row` and the `format` of their session."""
    facts = rows_of(trace.spans.select(_OF_WAITS), pa.array(rows))
    session = pc.index_in(trace.spans["session"].take(pa.array(rows)), value_set=trace.sessions["session"])
    formats = trace.sessions["format"].cast(pa.string()).take(session)
    return facts.hstack([pl.Series("row", rows, dtype=pl.Int64), pl.Series("format", formats)])


def _requests_around(spans: pa.Table, is_request: Bools, rows: np.ndarray) -> np.ndarray:
    """The row of the request that each of these rows is, or lies in; -1 where there is none."""
    at = rows.astype(np.int64)
    if not len(at):
        return at
    first = np.arange(len(is_request)) - numbers(spans, "span", 0)
    parent = numbers(spans, "parent", -1)
    for _ in range(_DEEPEST):
        climbs = (at >= 0) & ~is_request[at]
        above = parent[at[climbs]]
        at[climbs] = np.where(above < 0, -1, first[at[climbs]] + above)
    at[(at >= 0) & ~is_request[at]] = -1
    return at


def _waits(rows: pl.DataFrame, *, from_dispatch: bool) -> pl.DataFrame:
    before = pl.col("queue_ns").fill_null(0) if from_dispatch else pl.lit(0, pl.Int64)
    wait = pl.col("prefill_ns") if from_dispatch else pl.col("first_token_ns") - pl.col("start_ns")
    cached = pl.col("cache_read_tokens").fill_null(0)
    return rows.select(
        "row",
        "model",
        "format",
        pl.lit(from_dispatch).alias("from_dispatch"),
        pl.coalesce("prefill_worker", "worker").alias("worker"),
        (pl.col("start_ns") + before).alias("dispatch_ns"),
        wait.alias("wait_ns"),
        (pl.col("input_tokens") - cached).clip(lower_bound=0).alias("uncached_tokens"),
        pl.col("input_tokens").alias("context_tokens"),
    )


def met_nobody(observed: pl.DataFrame) -> np.ndarray:
    """Whether a request met no other one that waited for its first token on the same worker.

    What the first requests met is not known: those sent before the worker's first token came count as having
    met someone. Rows as in `observed`; a worker that is not known is one for all of them.
    """
    free = np.zeros(observed.height, np.bool_)
    places = observed.select("worker").with_row_index("place").group_by("worker", maintain_order=True)
    for rows in places.agg("place").get_column("place"):
        at = rows.to_numpy()
        dispatch = observed.get_column("dispatch_ns").to_numpy()[at]
        token = dispatch + observed.get_column("wait_ns").to_numpy()[at]
        before = np.searchsorted(np.sort(dispatch), dispatch, side="left")
        served = np.searchsorted(np.sort(token), dispatch, side="right")
        free[at] = (before <= served) & (dispatch >= token.min())
    return free
