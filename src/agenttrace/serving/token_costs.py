"""What prefill costs for a token that is not cached, where the source states prefill without a queue in it.

Prefill is taken to cost a fixed time and a time for each token that is not cached.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa

from agenttrace.model.vocabulary import Evidence
from agenttrace.serving.columns import rows_of, stated
from agenttrace.serving.prefill_time import LEAST_REQUESTS, PrefillTime

STATED = {"model": pl.String, "uncached_tokens": pl.Int64, "prefill_ns": pl.Int64}

_DRAWS = 50
_SEED = 20
_MOST_REQUESTS = 200
"""So many requests, evenly over their token counts, are compared with one another."""
_LEAST_RATIO = 2.0
"""How many times as many uncached tokens a request with many has as one with few, at least."""
_WIDEST = 0.5
"""How wide the interval of the cost of a token may be, against its value."""
STATED_FACTS = ("kind", "model", "input_tokens", "cache_read_tokens", "prefill_ns", "prefill_evidence")
"""The columns of spans that are looked at."""

_PARTED = (Evidence.ESTIMATED.value, Evidence.BOUNDED.value)


def state(spans: pa.Table) -> pl.DataFrame:
    """Requests that state their prefill and their cached tokens, with the columns of STATED."""
    rows = pa.array(np.flatnonzero(stated(spans, "prefill_ns")))
    return (
        rows_of(spans.select(list(STATED_FACTS)), rows)
        .filter(
            (pl.col("kind") == "request")
            & (pl.col("prefill_ns") > 0)
            & (pl.col("input_tokens") >= pl.col("cache_read_tokens"))
            & ~pl.col("prefill_evidence").is_in(_PARTED)
        )
        .select(
            "model",
            (pl.col("input_tokens") - pl.col("cache_read_tokens")).alias("uncached_tokens"),
            "prefill_ns",
        )
    )


def fit_token_costs(prefills: pl.DataFrame) -> Mapping[str | None, PrefillTime | str]:
    """For each model what prefill costs, or why that cannot be told; null stands for requests without a model."""
    sorted_rows = prefills.sort("model", "uncached_tokens", "prefill_ns", nulls_last=True)
    groups = sorted_rows.group_by("model", maintain_order=True)
    return {None if model is None else str(model): _cost(requests) for (model,), requests in groups}


def few(requests: int) -> str:
    """Why nothing is told of so many requests."""
    return f"{requests} requests state their prefill and their cached tokens; {LEAST_REQUESTS} are needed"


def _cost(requests: pl.DataFrame) -> PrefillTime | str:
    if requests.height < LEAST_REQUESTS:
        return few(requests.height)
    some = np.unique(np.linspace(0, requests.height - 1, _MOST_REQUESTS).astype(np.int64))
    tokens = requests["uncached_tokens"].to_numpy().astype(np.float64)[some]
    prefill = requests["prefill_ns"].to_numpy().astype(np.float64)[some]
    slope = _slope(tokens, prefill)
    if slope is None:
        return "all requests have about as many uncached tokens: what a token costs cannot be told"
    draws = np.random.default_rng(_SEED).integers(0, len(tokens), (_DRAWS, len(tokens)))
    slopes = np.array([_slope(tokens[draw], prefill[draw]) or 0.0 for draw in draws])
    low, high = np.quantile(slopes, (0.05, 0.95))
    if low <= 0 or high - low > _WIDEST * slope:
        return "prefill does not follow the number of uncached tokens closely enough"
    fixed_ns = max(0.0, float(np.median(prefill - slope * tokens)))
    return PrefillTime(fixed_ns, slope, requests=requests.height, bound=False)


def _slope(tokens: np.ndarray, prefill: np.ndarray) -> float | None:
    """The median over all pairs that lie apart (Theil and Sen): robust against single requests."""
    few_tokens, many = np.quantile(tokens, (0.05, 0.95))
    if many < max(_LEAST_RATIO * few_tokens, few_tokens + 1):
        return None
    apart = tokens[:, None] - tokens[None, :]
    far = apart > (many - few_tokens) / 4
    slopes = (prefill[:, None] - prefill[None, :])[far] / apart[far]
    return float(np.median(slopes)) if len(slopes) else None
