"""Requests each on a server of its own: what is recorded, by the ratio of two models, or by a model alone.

The queue of a request is kept as it was, a delay. Only what is left, service, is shortened or lengthened: by what the
target's model says of it over what the model of the server that served it says. So whatever both get wrong alike
falls out, and a server against itself changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import NULL, Ints
from agenttrace.replay.demand import Demand
from agenttrace.replay.fitting.observed import Floats
from agenttrace.replay.fitting.resimulation import Residuals
from agenttrace.replay.fleet import Deployment, Factors
from agenttrace.replay.requests import Requests


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What served the requests, and their residuals on it, where these are known."""

    deployment: Deployment
    own: Residuals | None = None


def modelled_times(
    requests: Requests, demand: Demand, deployment: Deployment, factors: Factors | None
) -> tuple[Ints, Ints]:
    """From sending to the first token and to the end, ns: the recorded queue, then what the model says."""
    prefill, step = _service(demand, deployment)
    decode = step * np.maximum(np.array(demand.answer, np.float64) - 1, 0)
    if factors is not None:
        prefill, decode = prefill * np.array(factors.effort), decode * np.array(factors.stretch)
    first = np.rint(requests.queue + prefill).astype(np.int64)
    return first, first + np.rint(decode).astype(np.int64)


def scaled_times(
    requests: Requests, demand: Demand, deployment: Deployment, reference: Reference, factors: Factors | None
) -> tuple[Ints, Ints]:
    """From sending to the first token and to the end, ns: the recorded queue, then recorded service by a ratio.

    `factors` None: without the residuals of the requests.
    """
    prefill, step = _service(demand, deployment)
    was_prefill, was_step = _service(demand, reference.deployment)
    count = len(requests)
    own = reference.own or Residuals(np.ones(count), np.ones(count))
    effort, stretch = own.prefill, own.decode
    if factors is not None:
        effort, stretch = own.prefill / np.array(factors.effort), own.decode / np.array(factors.stretch)
    whole = (requests.end - requests.start).astype(np.float64)
    told = requests.first_token != NULL
    wait = np.where(told, requests.first_token - requests.start, whole)
    served = np.where(told, np.minimum(wait - requests.queue, was_prefill * own.prefill), whole)
    steps = np.maximum(np.array(demand.answer, np.float64) - 1, 0)
    both = (prefill + steps * step) / (was_prefill + steps * was_step)
    ratio = np.where(told, prefill / was_prefill, both)
    first = np.rint(wait - served + served * ratio / effort).astype(np.int64)
    rest = np.where(told, whole - wait, 0.0) * (step / was_step) / stretch
    return first, first + np.rint(rest).astype(np.int64)


def _service(demand: Demand, deployment: Deployment) -> tuple[Floats, Floats]:
    """Of each request alone on a replica its prefill and, in the middle of its answer, a step of its decode; ns."""
    times = deployment.times
    fixed, each = times.decode(1)
    prompt = np.array(demand.prompt, np.float64)
    steps = np.maximum(np.array(demand.answer, np.float64) - 1, 0)
    hit = np.minimum(np.array(demand.told_hit, np.float64), prompt - 1)
    prefill = np.array([times.prefill(new, int(past)) for new, past in zip(prompt - hit, hit, strict=True)])
    return times.prefill_start + prefill, fixed + each * (prompt + steps / 2)
