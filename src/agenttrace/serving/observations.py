"""The waits for a first token in which an unknown queue may hide, one row a request."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, SpanKind

COLUMNS = {
    "row": pl.Int64,
    "model": pl.String,
    "from_dispatch": pl.Boolean,
    "worker": pl.UInt64,
    "dispatch_ns": pl.Int64,
    "wait_ns": pl.Int64,
    "uncached_tokens": pl.Int64,
    "context_tokens": pl.Int64,
}

_FACTS = (
    *("kind", "model", "worker", "prefill_worker", "start_ns", "end_ns", "input_tokens", "cache_read_tokens"),
    *("queue_ns", "prefill_ns", "prefill_evidence", "first_token_ns"),
)


def observe(trace: Trace) -> pl.DataFrame:
    """Requests of which the time to the first token is known and its queue is not.

    `row` is the row of the spans table; `wait_ns` runs from `dispatch_ns` to the first token. `from_dispatch`: the
    source states what of it was spent before the engine (prefill with evidence `bounded`); otherwise it runs
    from the start of the request. Tokens are null where the source does not count them.
    """
    frame = pl.DataFrame(pl.from_arrow(trace.spans.select(list(_FACTS)))).with_row_index("row")
    words = pl.col(pl.Categorical).cast(pl.String)
    requests = frame.with_columns(words).filter(pl.col("kind") == SpanKind.REQUEST.value)
    bounded = pl.col("prefill_ns").is_not_null() & (pl.col("prefill_evidence") == Evidence.BOUNDED.value)
    untold = pl.col("prefill_ns").is_null() & pl.col("queue_ns").is_null()
    whole = untold & pl.col("first_token_ns").is_between("start_ns", "end_ns")
    dispatch = pl.when(bounded).then(pl.col("start_ns") + pl.col("queue_ns").fill_null(0)).otherwise("start_ns")
    wait = pl.when(bounded).then("prefill_ns").otherwise(pl.col("first_token_ns") - pl.col("start_ns"))
    cached = pl.col("cache_read_tokens").fill_null(0)
    return requests.filter(bounded | whole).select(
        pl.col("row").cast(pl.Int64),
        "model",
        bounded.alias("from_dispatch"),
        pl.coalesce("prefill_worker", "worker").alias("worker"),
        dispatch.alias("dispatch_ns"),
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
