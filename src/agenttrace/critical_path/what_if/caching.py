"""`cache=1.0`: what prefill would take if every token that could come from the cache did."""

from __future__ import annotations

import polars as pl

from agenttrace.serving.costs import costs_by_model
from agenttrace.serving.service import Service

_SAME_CONTEXT = 0.5
"""A request with less than this share of the tokens of the one before has another context."""


def prefill_shares(spans: pl.DataFrame, service: Service) -> pl.DataFrame:
    """What is left of a request's prefill: `row`, `share`; only requests that missed something reusable.

    Reusable is what its agent had sent in the request before, unless its context is another one since. Requests of
    models of which the cost cannot be told keep their prefill.
    """
    lane = ["session", "agent"]
    before = pl.col("input_tokens").shift(1).over(lane)
    kept = pl.col("purpose").shift(1).over(lane) != "compaction"
    same = kept & (pl.col("input_tokens") >= _SAME_CONTEXT * before)
    missed = (pl.min_horizontal(before, "input_tokens") - pl.col("cache_read_tokens")).clip(lower_bound=0)
    facts = ("row", "kind", "purpose", "model", "input_tokens", "cache_read_tokens")
    requests = (
        spans.select("session", "agent", "span", "start_ns", *facts)
        .filter((pl.col("kind") == "request") & pl.col("input_tokens").is_not_null())
        .sort("session", "agent", "start_ns", "span")
        .with_columns(
            pl.col("model").cast(pl.String),
            missed=pl.when(same).then(missed),
            uncached=pl.col("input_tokens") - pl.col("cache_read_tokens"),
        )
        .filter((pl.col("missed") > 0) & (pl.col("uncached") > 0))
    )
    known = costs_by_model(service, requests.get_column("model").unique().to_list())
    each = pl.col("per_token_ns") + pl.col("per_token_context_ns") * pl.col("input_tokens")
    hit = pl.col("base_ns") + each * (pl.col("uncached") - pl.col("missed"))
    now = pl.col("base_ns") + each * pl.col("uncached")
    return requests.join(known, on="model", nulls_equal=True).select("row", share=hit / now)
