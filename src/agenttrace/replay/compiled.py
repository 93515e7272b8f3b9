"""A run played by the kernel: the same as `Simulation` and `Fleet` play, number for number, and many times faster.

Where there is no kernel, or it refuses a number that is out of proportion, there is no outcome, and Python plays.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache

from agenttrace.native import library
from agenttrace.replay.choices import Routing
from agenttrace.replay.demand import Demand
from agenttrace.replay.fleet import Deployment, Factors
from agenttrace.replay.itinerary import Itinerary
from agenttrace.replay.load import Arrivals
from agenttrace.replay.outcome import Outcome
from agenttrace.replay.plan import Plan, RefusedError
from agenttrace.replay.ragged import laid_flat

_DONE, _GOES_ON, _REFUSED, _NO_MEMORY = range(4)
_ROUTERS = (Routing.AFFINITY, Routing.ROUND_ROBIN, Routing.LEAST_LOADED)
_TOLD = len(_ROUTERS)
_EVENTS = 1 << 16
"""Played at a stretch: after it an interrupt is heard."""


def play_compiled(
    itinerary: Itinerary,
    demand: Demand,
    arrivals: Arrivals,
    deployment: Deployment,
    factors: Factors | None = None,
    places: Sequence[int] | None = None,
) -> Outcome | None:
    """The outcome, None where it is for Python to play. Raises what `deployment.times` raises.

    `places`: of each request the replica that it goes to, instead of a router's choice.
    """
    kernels = _kernels()
    if kernels is None:
        return None
    plan, failures, requests = Plan(), list[BaseException](), len(demand.prompt)
    try:
        _lay_itinerary(plan, itinerary, requests)
        _lay_demand(plan, demand, release=deployment.release)
        plan.numbers(coming=len(arrivals.order), lanes=arrivals.lanes)
        plan.columns(len(arrivals.order), order=arrivals.order, at=arrivals.at)
        if factors is not None:
            plan.measured(requests, effort=factors.effort, stretch=factors.stretch)
        _lay_deployment(plan, deployment)
        if places is not None:
            plan.numbers(routing=_TOLD)
            plan.columns(requests, places=places)
        plan.times(deployment.times, failures)
    except (OverflowError, RefusedError):
        return None
    sessions = len(itinerary.start)
    outcome = Outcome(
        start=plan.result("begun", sessions),
        end=plan.result("ended", sessions),
        sent=plan.result("sent", requests),
        admitted=plan.result("admitted", requests),
        first=plan.result("first", requests),
        done=plan.result("done", requests),
        hit_tokens=plan.result("hit_tokens", requests),
        replica=plan.result("replica", requests),
    )
    return outcome if _is_played(kernels, plan, failures) else None


@cache
def _kernels() -> ctypes.CDLL | None:
    kernels = library()
    if kernels is None:
        return None
    kernels.agenttrace_replay_make.argtypes = [ctypes.POINTER(Plan), ctypes.POINTER(ctypes.c_void_p)]
    kernels.agenttrace_replay_make.restype = ctypes.c_int32
    kernels.agenttrace_replay_play.argtypes = [ctypes.c_void_p, ctypes.c_int64]
    kernels.agenttrace_replay_play.restype = ctypes.c_int32
    kernels.agenttrace_replay_free.argtypes = [ctypes.c_void_p]
    kernels.agenttrace_replay_free.restype = None
    return kernels


def _is_played(kernels: ctypes.CDLL, plan: Plan, failures: list[BaseException]) -> bool:
    """Plays to the end; False where it is refused."""
    run = ctypes.c_void_p()
    status = kernels.agenttrace_replay_make(plan, run)
    try:
        while status == _GOES_ON:
            status = kernels.agenttrace_replay_play(run, _EVENTS)
    finally:
        if run.value:
            kernels.agenttrace_replay_free(run)
    if status == _NO_MEMORY:
        raise MemoryError
    if failures and not isinstance(failures[0], RefusedError):
        raise failures[0]
    return bool(status == _DONE)


def _lay_itinerary(plan: Plan, itinerary: Itinerary, requests: int) -> None:
    points, sessions = len(itinerary.waits), len(itinerary.start)
    after, hangs = len(itinerary.after), len(itinerary.hang_point)
    plan.numbers(points=points, sessions=sessions, all_after=after, all_hangs=hangs)
    plan.columns(points + 1, after_first=itinerary.after_first)
    plan.columns(after, after=itinerary.after, delay=itinerary.delay)
    plan.columns(points, waits=itinerary.waits, request=itinerary.request, session=itinerary.session)
    plan.columns(sessions, start=itinerary.start)
    plan.columns(requests + 1, hang_first=itinerary.hang_first)
    plan.columns(hangs, hang_point=itinerary.hang_point, hang_offset=itinerary.hang_offset)
    plan.measured(hangs, hang_share=itinerary.hang_share)


def _lay_demand(plan: Plan, demand: Demand, *, release: bool) -> None:
    arrays = demand.arrays
    requests, segments, all_paths = len(arrays.prompt), len(arrays.lengths), len(arrays.paths.flat)
    plan.numbers(requests=requests, segments=segments, all_paths=all_paths)
    plan.columns(requests, prompt=arrays.prompt, answer=arrays.answer, told_hit=arrays.told_hit)
    plan.columns(requests, priority=arrays.priority, path_blocks=arrays.path_blocks)
    plan.columns(segments, lengths=arrays.lengths)
    plan.columns(requests + 1, path_first=arrays.paths.first)
    plan.columns(all_paths, path=arrays.paths.flat)
    if arrays.kept is not None:
        keeps, first, end = arrays.kept
        plan.columns(requests, keeps=keeps, kept_first=first, kept_end=end)
    if release:
        left = laid_flat(demand.left)
        plan.numbers(all_left=len(left.flat))
        plan.columns(requests + 1, left_first=left.first)
        plan.columns(len(left.flat), left=left.flat)


def _lay_deployment(plan: Plan, deployment: Deployment) -> None:
    limits, below = deployment.limits, deployment.below
    plan.numbers(
        routing=_ROUTERS.index(deployment.routing),
        replicas=deployment.replicas,
        decode_replicas=deployment.decode_replicas,
        sequences=limits.sequences,
        step_tokens=limits.step_tokens,
        block_tokens=limits.block_tokens,
        bounded=deployment.kv_blocks is not None,
        kv_blocks=deployment.kv_blocks or 0,
        forgets=deployment.keep_ns is not None,
        keep_ns=deployment.keep_ns or 0,
        overhead_ns=deployment.overhead_ns,
    )
    plan.measures(transfer_ns=deployment.transfer_ns)
    if below is not None:
        plan.numbers(has_below=1, below_blocks=below.blocks)
        plan.measures(below_latency_ns=below.latency_ns, below_block_ns=below.block_ns)
