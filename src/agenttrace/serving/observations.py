"""The waits for a first token in which an unknown queue may hide, one row a request."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, SpanKind

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
_DEEPEST = 8
"""So many spans may lie between what a server tells and the request of its client."""


def observe(trace: Trace) -> pl.DataFrame:
    """Requests of which the time to the first token is known and its queue is not.

    `row` is the row of the spans table that tells of the wait: the request, or a server's span inside it.
    `wait_ns` runs from `dispatch_ns` to the first token. `from_dispatch`: the source states what of it was spent
    before the engine (prefill with evidence `bounded`); otherwise it runs from the start of the request. Tokens
    are null where the source does not count them. `format` is the session's.
    """
    frame = pl.DataFrame(pl.from_arrow(trace.spans.select(list(FACTS)))).with_row_index("row")
    frame = frame.with_columns(pl.col("kind", "model", "prefill_evidence").cast(pl.String))
    sessions = pl.DataFrame(pl.from_arrow(trace.sessions.select(["session", "format"])))
    formats = sessions.with_columns(pl.col("format").cast(pl.String))
    frame = frame.join(formats, on="session", how="left", maintain_order="left")
    told = pl.col("prefill_ns").is_not_null() | pl.col("queue_ns").is_not_null()
    tellers = frame.filter(told)
    holders = _requests_around(frame, tellers.get_column("row").to_numpy())
    bounded = tellers.with_columns(holder=pl.Series(holders)).filter(
        pl.col("prefill_ns").is_not_null() & (pl.col("prefill_evidence") == Evidence.BOUNDED.value)
    )
    request = pl.col("kind") == SpanKind.REQUEST.value
    of_request = frame.filter(request).select(holder=pl.col("row").cast(pl.Int64), **_named(_OF_REQUEST))
    inside = bounded.join(of_request, on="holder", how="left", maintain_order="left").with_columns(
        pl.coalesce(name, f"of_{name}").alias(name) for name in _OF_REQUEST
    )
    whole = frame.filter(request & ~told & pl.col("first_token_ns").is_between("start_ns", "end_ns")).filter(
        ~pl.col("row").is_in(holders.tolist())
    )
    return pl.concat([_waits(inside, from_dispatch=True), _waits(whole, from_dispatch=False)])


def _named(names: tuple[str, ...]) -> dict[str, pl.Expr]:
    return {f"of_{name}": pl.col(name) for name in names}


def _requests_around(frame: pl.DataFrame, rows: np.ndarray) -> np.ndarray:
    """The row of the request that each of these rows is, or lies in; -1 where there is none."""
    first = frame.get_column("row").to_numpy().astype(np.int64) - frame.get_column("span").to_numpy()
    parent = frame.get_column("parent").fill_null(-1).to_numpy()
    is_request = (frame.get_column("kind") == SpanKind.REQUEST.value).to_numpy()
    at = rows.astype(np.int64)
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
        pl.col("row").cast(pl.Int64),
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
