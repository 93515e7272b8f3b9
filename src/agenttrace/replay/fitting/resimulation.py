"""A fit tried on its own trace: requests sent when and where they were, served as the fit says.

What is left between simulated and recorded times of each request is its residual.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NONE, NULL, Ints
from agenttrace.replay.demand import Demand
from agenttrace.replay.fitting.observed import Floats
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.itinerary import Itinerary
from agenttrace.replay.load import Arrivals
from agenttrace.replay.outcome import Outcome
from agenttrace.replay.requests import Requests
from agenttrace.replay.running import play

_LEAST_STEPS = 8
_WIDEST = 4.0
_SHORT = 0.5
"""A wait of which so much is queue says nothing of the prefill."""


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """Of each request recorded over simulated time of its prefill and of its decode; 1 where that is not known."""

    prefill: Floats
    decode: Floats


def resimulate(requests: Requests, demand: Demand, deployment: Deployment) -> Outcome:
    """Every request at its recorded time on its recorded worker."""
    count = len(requests)
    order = np.argsort(requests.start, kind="stable")
    at = (requests.start - requests.start.min())[order]
    worker = np.unique(requests.cached_on, return_inverse=True)[1].reshape(-1)
    nothing = np.zeros(0, np.int64)
    alone = Itinerary(
        after_first=np.zeros(count + 1, np.int64),
        after=nothing,
        delay=nothing,
        waits=np.zeros(count, np.int64),
        request=np.arange(count),
        session=np.full(count, NONE),
        start=np.arange(count),
        hang_first=np.zeros(count + 1, np.int64),
        hang_point=nothing,
        hang_offset=nothing,
        hang_share=np.zeros(0),
    )
    places = (worker % deployment.replicas).tolist()
    return play(alone, demand, Arrivals(order.tolist(), at.tolist(), 0), deployment, places=places)


def residuals(requests: Requests, outcome: Outcome) -> Residuals:
    """What the simulation left over. Prefills that queued, here or there, say nothing of theirs."""
    told = (requests.first_token != NULL) & (requests.input_tokens != NULL) & (requests.output_tokens != NULL)
    decode = np.ones(len(requests))
    enough = told & (requests.output_tokens > _LEAST_STEPS) & (outcome.done > outcome.first)
    recorded = requests.end - requests.first_token
    decode[enough] = recorded[enough] / (outcome.done - outcome.first)[enough]
    prefill = np.ones(len(requests))
    wait, simulated = _waits(requests, outcome)
    queued = outcome.admitted - outcome.sent > _SHORT * simulated
    sound = told & (simulated > 0) & (wait > 0) & ~queued
    sound &= (wait < _WIDEST * simulated) & (simulated < _WIDEST * wait)
    prefill[sound] = wait[sound] / simulated[sound]
    return Residuals(prefill, np.clip(decode, 1 / _WIDEST, _WIDEST))


def _waits(requests: Requests, outcome: Outcome) -> tuple[Ints, Ints]:
    begun = np.where(requests.queue_end != NULL, requests.queue_end, requests.start)
    return requests.first_token - begun, outcome.first - outcome.sent
