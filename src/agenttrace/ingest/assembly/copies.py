"""Copies of one record: merged where ids and substance agree, kept apart where only the ids do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.frames import TOLERANCE_NS, stacked
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lookup import Rows
from agenttrace.ingest.assembly.ordering import order_of_texts
from agenttrace.model.vocabulary import Severity, SpanKind, Status

_GROUP = ("sid", "span_key", "cluster")
_OPEN_END_NS = 2**62
"""What has not ended yet reaches over whatever another copy of it says."""


def merge_copies(spans: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """One row for each span of a session, in the order of session and key.

    Rows of equal `span_key` whose intervals touch are one record: of each column the value of the row
    that ends last wins, then of the one that knows most. Rows that do not touch are different spans.
    """
    order = _in_order(spans)
    again = _equals_the_one_before(spans, order)
    copied = again | np.append(again[1:], False)  # the last row has no next one
    if not copied.any():
        return spans[order]
    clustered = _cluster(spans[order[copied]])
    collided = clustered.filter((pl.col("cluster") > 0) & (pl.col("cluster") != pl.col("cluster_before")))
    ledger.add_rows(
        "id_collision", Severity.WARNING, "one id for spans at different times: all are kept", collided
    )
    merged = _merge(clustered).with_columns(
        span_key=pl.when(pl.col("cluster") > 0)
        .then(pl.format("{}#{}", "span_key", pl.col("cluster") + 1))
        .otherwise("span_key")
    )
    ledger.add_rows(
        "duplicate_record",
        Severity.INFO,
        "a record that was read before: counted once",
        _dropped(clustered),
    )
    whole = stacked(spans, merged.select(spans.columns))
    kept = np.concatenate([order[~copied], np.arange(spans.height, whole.height)])
    return whole[kept[_in_order(whole.select("sid", "span_key")[kept])]]


def _in_order(spans: pl.DataFrame) -> Rows:
    """Rows of a session by their keys, those of equal keys in the order in which they came."""
    return order_of_texts(spans.get_column("sid").to_numpy(), spans.get_column("span_key"))


def _equals_the_one_before(spans: pl.DataFrame, order: Rows) -> NDArray[np.bool_]:
    """Of the rows in this order."""
    sid, keys = spans.get_column("sid").to_numpy()[order], spans.get_column("span_key")[order]
    again = np.zeros(len(order), np.bool_)
    again[1:] = (sid[1:] == sid[:-1]) & (keys[1:] == keys[:-1]).to_numpy()
    return again


def _cluster(copies: pl.DataFrame) -> pl.DataFrame:
    low = pl.coalesce("start_ns", "end_ns")
    high = pl.col("end_ns").fill_null(_OPEN_END_NS)
    key = ["sid", "span_key"]
    ordered = copies.with_columns(_low=low, _high=high).sort(*key, "_low", "_high", nulls_last=True)
    reach = pl.col("_high").cum_max().shift(1).over(key)
    apart = (pl.col("_low") > reach + TOLERANCE_NS).fill_null(value=False)
    return ordered.with_columns(cluster=apart.cast(pl.Int32).cum_sum().over(key)).with_columns(
        cluster_before=pl.col("cluster").shift(1).over(key).fill_null(0)
    )


def _facts(columns: list[str]) -> pl.Expr:
    return pl.sum_horizontal(pl.col(name).is_not_null().cast(pl.Int32) for name in columns)


def _merge(clustered: pl.DataFrame) -> pl.DataFrame:
    facts = [c for c in clustered.columns if c not in {*_GROUP, "origin", "line", "session_key"}]
    ranked = clustered.with_columns(_facts=_facts(facts)).sort(
        *_GROUP, "end_ns", "_facts", "start_ns", "kind", "name", "output_tokens", "origin", "line",
        descending=[False] * 3 + [True, True] + [False] * 6,
        nulls_last=True,
    )  # fmt: skip
    first = [pl.col(name).drop_nulls().first() for name in facts]
    return ranked.group_by(*_GROUP, maintain_order=True).agg(
        *first, pl.col("origin").first(), pl.col("line").first(), pl.col("session_key").first()
    )


def _dropped(clustered: pl.DataFrame) -> pl.DataFrame:
    """The rows that are another's copy. The start of a tool call is none of its end, wherever each was read."""
    ended = pl.col("end_ns").is_not_null().any().over(_GROUP)
    is_start = (
        pl.col("end_ns").is_null()
        & (pl.col("kind") == SpanKind.TOOL.value)
        & (pl.col("status") == Status.UNFINISHED.value).fill_null(value=False)
    )
    beginning = is_start & ended & (is_start.cast(pl.Int32).cum_sum().over(_GROUP) == 1)
    return clustered.filter(~beginning).filter(pl.int_range(pl.len()).over(_GROUP) > 0)


def drop_copied_history(spans: pl.DataFrame, family: Sequence[str], ledger: Ledger) -> pl.DataFrame:
    """A fork repeats the history that it grew from: each copied span stays in one session of its family.

    It stays in the session that first does something of its own, so a fork keeps only what is new. `family`: that of
    each session, by its number.
    """
    sessions = Counter(family)
    related = pl.Series("sid", [sid for sid, name in enumerate(family) if sessions[name] > 1], pl.Int64)
    if related.is_empty():
        return spans
    columns = spans.columns
    families = pl.DataFrame({"sid": np.arange(len(family)), "family": family})
    spans = spans.join(families, on="sid", how="left", maintain_order="left")
    copies = spans.filter(pl.col("sid").is_in(related.implode())).filter(
        pl.col("sid").n_unique().over("family", "span_key", "start_ns") > 1
    )
    if copies.is_empty():
        return spans.select(columns)
    own = spans.join(copies.select("sid", "span_key").unique(), on=["sid", "span_key"], how="anti")
    order = (
        spans.select("sid", "family")
        .unique()
        .join(own.group_by("sid").agg(own_start=pl.col("start_ns").min()), on="sid", how="left")
        .sort("own_start", "sid", nulls_last=True)
        .with_row_index("rank")
        .select("sid", "rank")
    )
    ranked = copies.join(order, on="sid")
    keep = pl.col("rank") == pl.col("rank").min().over("family", "span_key", "start_ns")
    gone = ranked.filter(~keep)
    ledger.add_rows(
        "copied_history", Severity.INFO, "history that a fork or resume repeats: counted once", gone
    )
    left = spans.join(gone.select("sid", "span_key").unique(), on=["sid", "span_key"], how="anti")
    return left.select(columns)
