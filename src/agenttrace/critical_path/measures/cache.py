"""Cache misses: how much of what an agent had sent before was computed again, why, and at what cost."""

from __future__ import annotations

import polars as pl

from agenttrace.critical_path.measures.serving import before
from agenttrace.serving.costs import costs_by_model
from agenttrace.serving.service import Service

EXPIRY_NS = 300 * 1_000_000_000
"""Hosted models keep a prompt for five minutes after its last use unless they are asked for more."""


def cache_miss_table(answered: pl.DataFrame, *, share: float = 0.5) -> pl.DataFrame:
    """Of `answered_requests` those that found less than `share` of what their agent had sent before in the cache.

    `tokens`: how many of these were missed, of a prompt of `input_tokens` for `model`. The reason is the source's;
    else `compaction`, `other_worker`, or `expiry` where the agent had sent nothing for EXPIRY_NS; else null.
    """
    known = answered.filter(pl.col("input_tokens").is_not_null() & pl.col("cache_read_tokens").is_not_null())
    sent = before("input_tokens")
    compacted = (before("purpose") == "compaction").fill_null(value=False)
    return (
        known.with_columns(
            tokens=sent - pl.col("cache_read_tokens"),
            low=pl.col("cache_read_tokens") < share * sent,
            shrunk=compacted | (pl.col("input_tokens") < share * sent),
            idle_ns=pl.col("start_ns") - before("graph_end"),
        )
        .filter("low")
        .select(
            *("session", "turn", "agent", "tokens"),
            pl.coalesce(pl.col("cache_miss_reason").cast(pl.String), _guess()).alias("reason"),
            pl.col("cache_miss_reason").is_not_null().alias("reason_stated"),
            *("input_tokens", "cache_read_tokens"),
            pl.col("model").cast(pl.String),
        )
    )


def _guess() -> pl.Expr:
    return (
        pl.when("shrunk")
        .then(pl.lit("compaction"))
        .when(~pl.col("same_worker"))
        .then(pl.lit("other_worker"))
        .when(pl.col("idle_ns") > EXPIRY_NS)
        .then(pl.lit("expiry"))
    )


def cost_of_misses(misses: pl.DataFrame, service: Service) -> pl.DataFrame:
    """The misses with `cost_ns`: the prefill of the missed tokens on an unloaded server.

    Null where the model's prefill time is not known, or only as a bound.
    """
    costs = costs_by_model(service, misses.get_column("model").unique().to_list())
    fitted = misses.join(costs, on="model", how="left", nulls_equal=True, maintain_order="left")
    each = pl.col("per_token_ns") + pl.col("per_token_context_ns") * pl.col("input_tokens")
    missed = pl.min_horizontal("tokens", pl.col("input_tokens") - pl.col("cache_read_tokens"))
    return fitted.with_columns(cost_ns=(missed * each).round().cast(pl.Int64)).drop(
        *("base_ns", "per_token_ns", "per_token_context_ns", "input_tokens", "cache_read_tokens", "model")
    )
