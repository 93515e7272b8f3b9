"""What an agent felt of its server: first token, tokens a second, and whether it met the same worker again."""

from __future__ import annotations

import numpy as np
import polars as pl

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import packed, within_groups
from agenttrace.critical_path.measures.chunk import Chunk
from agenttrace.model.vocabulary import SpanKind, Status

_PERCENTS = (50, 95, 99)

_FACTS = (
    *("session", "agent", "span", "turn", "start_ns", "model", "worker", "priority", "queue_depth"),
    *("input_tokens", "cache_read_tokens", "output_tokens", "purpose", "cache_miss_reason", "graph_end"),
)
_TIMES = ("first_token_ns", "itl_ns", "decode_ns")


def answered_requests(chunk: Chunk) -> pl.DataFrame:
    """Requests that were not cancelled, by lane and time, with what each of them felt.

    `ttft_ns`, `itl_ns` (the source's own, else decode over the tokens after the first) and `tokens_per_s`, null where
    not known. `same_worker`: whether it met the worker of its lane's last request; `reusable`: the tokens that
    this one had, null for the first.
    """
    spans = chunk.graph.spans
    cancelled = columns.codes(chunk.table, "status", Status) == list(Status).index(Status.CANCELLED)
    row = np.flatnonzero(spans.is_kind(SpanKind.REQUEST) & ~cancelled)
    row = row[within_groups(packed(spans.session[row], spans.agent[row]), spans.start[row])]
    ttft = pl.col("first_token_ns") - pl.col("start_ns")
    after_first = (pl.col("output_tokens") - 1).replace(0, None)
    itl = pl.coalesce("itl_ns", pl.col("decode_ns") // after_first)
    return (
        chunk.facts(row, *_FACTS, *_TIMES)
        .select(*_FACTS, ttft_ns=ttft, itl_ns=itl)
        .with_columns(
            tokens_per_s=1e9 / pl.col("itl_ns").replace(0, None),
            same_worker=pl.col("worker") == before("worker"),
            reusable=pl.when(before("input_tokens").is_not_null()).then(
                pl.min_horizontal(before("input_tokens"), "input_tokens")
            ),
        )
    )


def before(name: str) -> pl.Expr:
    """The value of the row before, where that is of the same lane; rows of a lane stand together."""
    same = (pl.col("session") == pl.col("session").shift(1)) & (pl.col("agent") == pl.col("agent").shift(1))
    return pl.when(same).then(pl.col(name).shift(1))


def serving_of_sessions(requests: pl.DataFrame) -> pl.DataFrame:
    """One row for each session with `answered_requests`: percentiles of what they felt, and affinity.

    `tokens_per_s_slow5` is exceeded by 95 % of the requests. `affinity_pairs`: requests whose worker and whose lane's
    previous worker are known; `affinity_same` of them met it again. `hit_rate_same` and `hit_rate_moved`: which
    share of the reusable tokens these and the others found in the cache.
    """
    times = [_percentile(name, percent) for name in ("ttft", "itl") for percent in _PERCENTS]
    speed = pl.col("tokens_per_s")
    known = pl.col("same_worker").is_not_null()
    return requests.group_by("session").agg(
        *times,
        pl.col("ttft_ns").count().cast(pl.Int64).alias("ttft_n"),
        pl.col("itl_ns").count().cast(pl.Int64).alias("itl_n"),
        speed.median().alias("tokens_per_s_p50"),
        speed.quantile(0.05, "linear").alias("tokens_per_s_slow5"),
        speed.quantile(0.01, "linear").alias("tokens_per_s_slow1"),
        known.sum().cast(pl.Int64).alias("affinity_pairs"),
        pl.col("same_worker").sum().cast(pl.Int64).alias("affinity_same"),
        _hit_rate(pl.col("same_worker")).alias("hit_rate_same"),
        _hit_rate(~pl.col("same_worker")).alias("hit_rate_moved"),
        pl.col("queue_depth").max().alias("queue_depth_max"),
    )


def _percentile(name: str, percent: int) -> pl.Expr:
    value = pl.col(f"{name}_ns").quantile(percent / 100, "linear")
    return value.round().cast(pl.Int64).alias(f"{name}_p{percent}_ns")


def _hit_rate(of: pl.Expr) -> pl.Expr:
    known = of.fill_null(value=False) & pl.col("cache_read_tokens").is_not_null()
    found = pl.min_horizontal("cache_read_tokens", "reusable").filter(known).sum()
    total = pl.col("reusable").filter(known).sum()
    return pl.when(total > 0).then(found / total)


def felt(requests: pl.DataFrame) -> pl.DataFrame:
    """Of each of `answered_requests`: session, priority, measure (`ttft` or `itl`), value_ns, and count, which is 1."""
    measures = [
        requests.select("session", "priority", measure=pl.lit(name), value_ns=pl.col(f"{name}_ns"))
        for name in ("ttft", "itl")
    ]
    return pl.concat(measures).drop_nulls("value_ns").with_columns(count=pl.lit(1, pl.Int64))


def coarser(latencies: pl.DataFrame) -> pl.DataFrame:
    """The same, values kept to three digits and put together whatever session they are of."""
    magnitude = pl.col("value_ns").clip(lower_bound=1).log10().floor() - 2
    step = pl.lit(10.0).pow(magnitude.clip(lower_bound=0))
    rounded = latencies.with_columns(
        session=pl.lit(None, pl.String),
        value_ns=((pl.col("value_ns") / step).round() * step).cast(pl.Int64),
    )
    return (
        rounded.group_by("session", "priority", "measure", "value_ns")
        .agg(pl.col("count").sum())
        .sort("measure", "priority", "value_ns", nulls_last=True)
        .select(latencies.columns)
    )
