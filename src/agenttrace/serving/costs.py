"""What prefill costs, model by model, as a table to join."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from agenttrace.serving.prefill_time import PrefillTime
from agenttrace.serving.service import Service

COSTS = {
    "model": pl.String,
    "base_ns": pl.Float64,
    "per_token_ns": pl.Float64,
    "per_token_context_ns": pl.Float64,
}


def costs_by_model(service: Service, models: Iterable[str | None]) -> pl.DataFrame:
    """A row, with the columns of COSTS, for each of these models of which prefill's cost is known."""
    known = [
        (model, cost.base_ns, cost.per_token_ns, cost.per_token_context_ns)
        for model, cost in ((model, service.cost_of(model)) for model in models)
        if isinstance(cost, PrefillTime)
    ]
    return pl.DataFrame(known, schema=COSTS, orient="row")
