"""A request inside a request is one call seen from two places: the client's, and the server's inside it."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.parents import nearest
from agenttrace.model.vocabulary import Severity, Status

_SHARED = (
    "model", "request_id", "client_request_id", "input_tokens", "cache_read_tokens", "cache_write_tokens",
    "output_tokens", "reasoning_tokens", "output_quality", "worker", "prefill_worker", "queue_depth",
    "kv_hit_rate", "itl_ns", "trigger", "session_final", "status", "error", "priority", "kv_hint", "attempt",
    "cache_miss_reason",
)  # fmt: skip

_COUNTS = frozenset(name for name in _SHARED if name.endswith("_tokens"))


def fold_views(spans: pl.DataFrame, parents: Rows, ledger: Ledger) -> pl.DataFrame:
    """The inner request becomes `other`, keeping its phases; the outer one learns what only it knew."""
    kind = spans.get_column("kind")
    is_request = (kind == "request").to_numpy()
    holder = nearest(parents, (kind != "other").to_numpy())
    inner = is_request & (holder != NONE) & is_request[np.maximum(holder, 0)]
    if not inner.any():
        return spans
    ledger.add_rows(
        "server_view",
        Severity.INFO,
        "a request seen again inside another: counted once",
        spans.filter(pl.Series(inner)),
    )
    shared = [name for name in _SHARED if name in spans.columns]
    views = (
        spans.with_columns(holder=pl.Series(_outermost(holder, inner)))
        .filter(pl.Series(inner))
        .sort("start_ns", "end_ns", "span_key")
        .group_by("holder", maintain_order=True)
        .agg(
            *(
                pl.col(name).max() if name in _COUNTS else pl.col(name).drop_nulls().first()
                for name in shared
            ),
            given_up=(pl.col("status") == Status.CANCELLED.value).fill_null(value=False).any(),
        )
    )
    joined = (
        spans.with_row_index("holder")
        .with_columns(pl.col("holder").cast(pl.Int64))
        .join(views, on="holder", how="left", maintain_order="left", suffix="_view")
    )
    folded = joined.with_columns(
        kind=pl.when(pl.Series(inner)).then(pl.lit("other")).otherwise("kind").cast(kind.dtype),
        **{name: _known(name) for name in shared},
    ).with_columns(status=_status(spans.get_column("status").dtype))
    return folded.select(spans.columns)


def _status(words: pl.DataType) -> pl.Expr:
    """A request that failed, as its client says, and that its client gave up, as its server says, was given up."""
    failed = (pl.col("status") == Status.ERROR.value) & pl.col("given_up")
    return pl.when(failed).then(pl.lit(Status.CANCELLED.value).cast(words)).otherwise("status")


def _known(name: str) -> pl.Expr:
    """What the outer request says, or the inner; of tokens the larger, for a client that cancels counts none."""
    return pl.max_horizontal(name, f"{name}_view") if name in _COUNTS else pl.coalesce(name, f"{name}_view")


def _outermost(holder: Rows, inner: np.ndarray) -> Rows:
    row = holder
    while (deeper := (row != NONE) & inner[np.maximum(row, 0)]).any():
        row = np.where(deeper, holder[np.maximum(row, 0)], row)
    return row
