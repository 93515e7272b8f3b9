"""`cache=1.0`: what prefill would take if every token that could come from the cache did.

Prefill is taken to cost a fixed time and a time for each token that is not cached. Both are estimated from the
requests of the whole input, for each model; where these cannot tell, there is no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

LEAST_REQUESTS = 20
_DRAWS = 50
_SEED = 20
_MOST_REQUESTS = 200
"""So many requests, evenly over the input, are compared with one another."""
_LEAST_RATIO = 2.0
"""How many times as many uncached tokens a request with many has as one with few, at least."""
_WIDEST = 0.5
"""How wide the interval of the cost of a token may be, against its value."""
_SAME_CONTEXT = 0.5
"""A request with less than this share of the tokens of the one before has another context."""


@dataclass(frozen=True, slots=True)
class PrefillCost:
    """Nanoseconds for each request and for each uncached token."""

    fixed_ns: float
    token_ns: float


@dataclass(frozen=True, slots=True)
class PrefillCosts:
    """The cost of each model, or why it cannot be told; null stands for requests that do not name theirs."""

    by_model: Mapping[str | None, PrefillCost]
    untold: Mapping[str | None, str]


def prefill_costs(spans: pa.Table) -> PrefillCosts:
    """The costs of the models of a trace."""
    facts = ["kind", "model", "input_tokens", "cache_read_tokens", "prefill_ns"]
    frame = pl.DataFrame(pl.from_arrow(spans.select(facts))).filter(
        (pl.col("kind") == "request")
        & (pl.col("prefill_ns") > 0)
        & (pl.col("input_tokens") >= pl.col("cache_read_tokens"))
    )
    by_model: dict[str | None, PrefillCost] = {}
    untold: dict[str | None, str] = {}
    groups = frame.with_columns(pl.col("model").cast(pl.String)).group_by("model", maintain_order=True)
    for (model,), requests in groups:
        name = None if model is None else str(model)
        found = _cost(requests)
        if isinstance(found, str):
            untold[name] = found
        else:
            by_model[name] = found
    if not by_model and not untold:
        untold[None] = _few(0)
    return PrefillCosts(by_model, untold)


def _few(requests: int) -> str:
    return f"{requests} requests state their prefill and their cached tokens; {LEAST_REQUESTS} are needed"


def _cost(requests: pl.DataFrame) -> PrefillCost | str:
    if requests.height < LEAST_REQUESTS:
        return _few(requests.height)
    some = np.unique(np.linspace(0, requests.height - 1, _MOST_REQUESTS).astype(np.int64))
    uncached = requests["input_tokens"] - requests["cache_read_tokens"]
    tokens = uncached.to_numpy().astype(np.float64)[some]
    prefill = requests["prefill_ns"].to_numpy().astype(np.float64)[some]
    slope = _slope(tokens, prefill)
    if slope is None:
        return "all requests have about as many uncached tokens: what a token costs cannot be told"
    draws = np.random.default_rng(_SEED).integers(0, len(tokens), (_DRAWS, len(tokens)))
    slopes = np.array([_slope(tokens[draw], prefill[draw]) or 0.0 for draw in draws])
    low, high = np.quantile(slopes, (0.05, 0.95))
    if low <= 0 or high - low > _WIDEST * slope:
        return "prefill does not follow the number of uncached tokens closely enough"
    return PrefillCost(max(0.0, float(np.median(prefill - slope * tokens))), slope)


def _slope(tokens: np.ndarray, prefill: np.ndarray) -> float | None:
    """The median over all pairs that lie apart (Theil and Sen): robust against single requests."""
    few, many = np.quantile(tokens, (0.05, 0.95))
    if many < max(_LEAST_RATIO * few, few + 1):
        return None
    apart = tokens[:, None] - tokens[None, :]
    far = apart > (many - few) / 4
    slopes = (prefill[:, None] - prefill[None, :])[far] / apart[far]
    return float(np.median(slopes)) if len(slopes) else None


def prefill_shares(spans: pl.DataFrame, costs: PrefillCosts) -> pl.DataFrame:
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
    known = pl.DataFrame(
        [(model, cost.fixed_ns, cost.token_ns) for model, cost in costs.by_model.items()],
        schema={"model": pl.String, "fixed_ns": pl.Float64, "token_ns": pl.Float64},
        orient="row",
    )
    hit = pl.col("fixed_ns") + pl.col("token_ns") * (pl.col("uncached") - pl.col("missed"))
    now = pl.col("fixed_ns") + pl.col("token_ns") * pl.col("uncached")
    return requests.join(known, on="model", nulls_equal=True).select("row", share=hit / now)
