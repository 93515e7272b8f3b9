"""The fit as a whole: traces in, a measured platform out, and what remains of each request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from agenttrace.critical_path.arrays import NULL
from agenttrace.replay.demand import Demand, demand_of
from agenttrace.replay.fitting.alike import unlike_origins
from agenttrace.replay.fitting.at_once import never_at_once
from agenttrace.replay.fitting.limits import (
    Limit,
    met_no_load,
    server_limits,
    worker_limit,
)
from agenttrace.replay.fitting.observed import Observed, observe_requests
from agenttrace.replay.fitting.resimulation import Residuals, residuals, resimulate
from agenttrace.replay.fitting.service_times import ServiceFit, fit_service_times
from agenttrace.replay.platforms.measured import NAMES, MeasuredPlatform
from agenttrace.replay.quantities import Claim, Identified, Quantity, stated
from agenttrace.replay.requests import Requests
from agenttrace.replay.workload import Workload

_QUANTILES = 101
_ORDER = (
    "step",
    "step_per_sequence",
    "step_per_context_token",
    "prefill_step",
    "prefill_per_token",
    "prefill_per_token_context",
)
_ALONE = 5
_WEAK = 0.5
"""Where half of an interval is wider than this share of the value, the traces do not tell it."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """`platform`, and of every request of the workload its `residuals`; `error`: the decodes' median error."""

    platform: MeasuredPlatform
    fit: ServiceFit
    residuals: Residuals


def fit_platform(workload: Workload, *, name: str = "fitted", seed: int = 1) -> Fitted | None:
    """The platform that served; None where the traces do not tell first tokens and token counts of enough requests."""
    observed = observe_requests(workload.requests)
    fit = fit_service_times(observed, seed)
    if fit is None:
        return None
    demand = demand_of(workload)
    numbers = _numbers(workload, demand, fit)
    platform = MeasuredPlatform(name, _about(workload, fit), numbers, _observed(observed))
    outcome = resimulate(workload.requests, demand, platform.deployment(None))
    left = residuals(workload.requests, outcome)
    told = observed.rows
    spread = np.linspace(0, 1, _QUANTILES)
    platform = replace(
        platform,
        prefill_residuals=np.quantile(left.prefill[told], spread).round(5).tolist(),
        decode_residuals=np.quantile(left.decode[told], spread).round(5).tolist(),
        findings=[*unlike_origins(workload, observed, fit, seed), *never_at_once(workload)],
    )
    return Fitted(platform, fit, left)


def _about(workload: Workload, fit: ServiceFit) -> str:
    models = ", ".join(sorted(workload.models)) or "a model not named"
    return (
        f"fitted to {fit.requests} requests of {len(workload.names)} sessions on {models}; "
        f"half of the decodes within {100 * fit.error:.2g} %"
    )


def _numbers(workload: Workload, demand: Demand, fit: ServiceFit) -> dict[str, Quantity]:
    numbers = _service_times(fit)
    requests, tokens = workload.requests, workload.prompts.block_tokens
    numbers["request_overhead"] = _overhead(requests)
    numbers |= _limit("replicas", worker_limit(requests.cached_on), "workers named", always=True)
    if requests.apart:
        numbers |= _limit(
            "decode_replicas", worker_limit(requests.worker), "workers named that only decode", always=True
        )
    uncached = np.maximum(requests.input_tokens - np.maximum(requests.cached_tokens, 0), 0)
    prefill = fit.prefill_ns(uncached, requests.input_tokens)
    sequences, blocks = server_limits(requests, demand, tokens, prefill)
    numbers |= _limit("sequences", sequences, "sequences that decoded at once")
    met = blocks.identified is Identified.YES
    said = (
        "blocks held at once while others waited" if met else "the capacity at which as many hits are evicted"
    )
    numbers |= _limit("kv_blocks", blocks, said)
    largest = int(uncached.max(initial=0))
    unknown = Limit(largest, largest, None, Identified.NO)
    numbers |= _limit("step_tokens", unknown, "the most that one prompt had to prefill")
    if tokens:
        numbers["block_tokens"] = Quantity(
            tokens,
            "tokens",
            Claim.MEASURED,
            "block size that the source states",
            tokens,
            tokens,
            Identified.YES,
        )
    return numbers


def _service_times(fit: ServiceFit) -> dict[str, Quantity]:
    source = f"{fit.requests} requests"
    numbers = {}
    for place, name in enumerate(_ORDER):
        value = stated(float(fit.weights[place]))
        low, high = (stated(float(bound)) for bound in np.quantile(fit.draws[:, place], [0.05, 0.95]))
        narrow = value > 0 and high - low <= 2 * _WEAK * value
        identified = Identified.YES if narrow else Identified.NO
        numbers[name] = Quantity(
            value, NAMES[name][0], Claim.MEASURED, source, min(low, value), max(high, value), identified
        )
    return numbers


def _overhead(requests: Requests) -> Quantity:
    """From sending to dispatch, where the source states that: of requests that met no load.

    Where there are hardly any such, it is no more than what a tenth of all waited, and no less than nothing.
    """
    told = requests.queue_end != NULL
    queue, alone = requests.queue[told], requests.queue[told & met_no_load(requests)]
    if not len(queue):
        return Quantity(0.0, "ns", Claim.ASSUMED, "no queue is stated", None, None, Identified.NO)
    if len(alone) >= _ALONE:
        said = "the queue that the source states before the dispatch, of requests that met no load"
        mean = stated(float(alone.mean()))
        return Quantity(mean, "ns", Claim.MEASURED, said, *_mean_interval(alone), Identified.YES)
    most = stated(float(np.quantile(queue, 0.1)))
    said = "the queue that a tenth of the requests stayed below; hardly one met no load"
    return Quantity(most, "ns", Claim.MEASURED, said, 0.0, most, Identified.BOUNDED)


def _mean_interval(values: np.ndarray) -> tuple[float | None, float | None]:
    """Where the mean of so many values lies, nine times of ten."""
    if not len(values):
        return None, None
    wide = 1.645 * float(values.std()) / len(values) ** 0.5
    return max(0.0, float(values.mean()) - wide), float(values.mean()) + wide


def _limit(name: str, limit: Limit, source: str, *, always: bool = False) -> dict[str, Quantity]:
    """A limit that was not met is none; how far it was seen not to bind stands in its `low`."""
    met = limit.identified is Identified.YES or limit.high is not None
    if not met and not always:
        return {
            f"{name}_seen": Quantity(
                limit.low, NAMES[name][0], Claim.MEASURED, source, limit.low, None, limit.identified
            )
        }
    return {
        name: Quantity(
            limit.value, NAMES[name][0], Claim.MEASURED, source, limit.low, limit.high, limit.identified
        )
    }


def _observed(observed: Observed) -> dict[str, tuple[float, float]]:
    parts = observed.parts[observed.parts[:, 0] > 0]
    columns: dict[str, Callable[[], np.ndarray]] = {
        "sequences": lambda: parts[:, 1] / parts[:, 0],
        "context_tokens_in_sum": lambda: parts[:, 2] / parts[:, 0],
        "prompt_tokens": lambda: observed.prompt,
        "uncached_tokens": lambda: observed.uncached,
    }
    return {
        name: (round(float(column().min()), 1), round(float(column().max()), 1))
        for name, column in columns.items()
    }
