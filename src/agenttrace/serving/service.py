"""How long prefill takes on a server without load, fitted to the waits in a trace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import polars as pl

from agenttrace.serving.fitting import Bools, Floats, firm_lower_edge, least_absolute
from agenttrace.serving.looks import Look
from agenttrace.serving.observations import met_nobody
from agenttrace.serving.prefill_time import LEAST_REQUESTS, PrefillTime
from agenttrace.serving.token_costs import few, fit_token_costs

LEAST_UNLOADED = 8
"""So many requests must have met a server without load for its prefill time to be a value and not a bound."""

NEAR = 2.0
"""A wait of an unloaded request is at most this many times what the fit says."""

_FIRM = 3
_ROUNDS = 3
_LARGEST_ERROR = 0.5
_NOISE = 0.98
"""A wait that is as near to the fit as this share of the unloaded ones holds no queue."""

Key: TypeAlias = tuple[str | None, str | None, bool]
"""A model, the format of its sessions, and whether waits run from the dispatch or from the request's start.

Servers of one model are told apart by nothing else; what different programs time must not be mixed.
"""


@dataclass(frozen=True, slots=True)
class Service:
    """Prefill times by model, format, and where the wait begins.

    `stated`: what prefill costs where sources state it without a queue, or why that cannot be told, by model; null
    where nobody looked, as in a calibration.
    """

    times: Mapping[Key, PrefillTime]
    stated: Mapping[str | None, PrefillTime | str] | None = None

    def time_of(self, key: Key) -> PrefillTime | None:
        """The time of that key; a calibration's of that model, or of its only one, whatever that is called."""
        if key in self.times:
            return self.times[key]
        model, _, begins = key
        known = [(one[0], time) for one, time in self.times.items() if one[2] == begins and time.calibrated]
        named = [time for name, time in known if name == model]
        alike = named or [time for _, time in known]
        return alike[0] if len(alike) == 1 else None

    def cost_of(self, model: str | None) -> PrefillTime | str:
        """What prefill costs with that model: as stated, else as fitted to most requests, else why it is not known."""
        stated = (self.stated or {}).get(model)
        if isinstance(stated, PrefillTime):
            return stated
        fitted = [time for key, time in self.times.items() if key[0] == model]
        firm = [time for time in fitted if not time.bound]
        if firm:
            return max(firm, key=lambda time: time.requests)
        if fitted:
            return "hardly any request is known to have met an idle server: prefill is known as a bound only"
        return stated or few(0)

    def as_calibration(self) -> Service:
        """The same for use with another trace."""
        return Service({key: replace(time, calibrated=True) for key, time in self.times.items()})

    def or_else(self, other: Service) -> Service:
        """This, and of models that it says nothing of what `other` says."""
        known = {key: self.time_of(key) or time for key, time in other.times.items()}
        return Service({**known, **self.times}, other.stated if self.stated is None else self.stated)


def groups(observed: pl.DataFrame) -> dict[Key, pl.DataFrame]:
    """The observations by model, format and beginning of the wait."""
    parts = observed.partition_by("model", "format", "from_dispatch", as_dict=True, maintain_order=True)
    return {(model, told_by, bool(begins)): part for (model, told_by, begins), part in parts.items()}


def fit_service(look: Look) -> Service:
    """Prefill times for every model that has enough requests with known tokens; `look`: at all sessions."""
    order = ("dispatch_ns", "wait_ns", "uncached_tokens", "context_tokens", "worker")
    found = {}
    for key, group in groups(look.waits.sort(order, nulls_last=True)).items():
        counted = group.filter(pl.col("context_tokens").is_not_null() & (pl.col("wait_ns") > 0))
        if counted.height >= LEAST_REQUESTS:
            found[key] = _fit(counted)
    return Service(found, fit_token_costs(look.stated))


def _fit(group: pl.DataFrame) -> PrefillTime:
    uncached, context, wait = (
        group.get_column(name).to_numpy().astype(np.float64)
        for name in ("uncached_tokens", "context_tokens", "wait_ns")
    )
    free = met_nobody(group)
    edge = PrefillTime(*firm_lower_edge(uncached, wait, NEAR, _FIRM), requests=len(wait))
    columns = np.stack([np.ones(len(wait)), uncached, uncached * context], axis=1)
    for first in (free & (wait <= NEAR * edge.predict(uncached, context)), free):
        weights, near = _settled(columns, wait, free, first)
        fitted = columns[near] @ weights
        off = np.abs(wait[near] - fitted)
        share = off / np.maximum(fitted, 1.0)
        if near.sum() >= max(LEAST_UNLOADED, free.sum() / 2) and np.median(share) <= _LARGEST_ERROR:
            base, per_token, per_token_context = weights.tolist()
            return PrefillTime(
                base,
                per_token,
                per_token_context,
                error_ns=int(np.median(off)),
                noise_share=float(np.quantile(share, _NOISE)),
                requests=len(wait),
                unloaded=int(near.sum()),
                bound=False,
            )
    return edge


def _settled(columns: Floats, wait: Floats, free: Bools, near: Bools) -> tuple[Floats, Bools]:
    """The fit to the free waits that are near it, begun with those in `near`; none where they get too few."""
    weights = np.zeros(columns.shape[1])
    for _ in range(_ROUNDS):
        if near.sum() < LEAST_UNLOADED:
            return weights, np.zeros(len(wait), np.bool_)
        weights = least_absolute(columns[near], wait[near])
        near = free & (wait <= NEAR * (columns @ weights))
    return weights, near
