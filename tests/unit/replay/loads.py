"""Requests sent to one replica at given times."""

from __future__ import annotations

from agenttrace.critical_path.arrays import NONE
from agenttrace.replay.fleet import Demand, Deployment, Fleet
from agenttrace.replay.itinerary import Itinerary
from agenttrace.replay.load import Arrivals
from agenttrace.replay.outcome import Outcome
from agenttrace.replay.simulation import Simulation


def serve(
    deployment: Deployment,
    at: list[int],
    prompt: list[int],
    answer: list[int],
    *,
    paths: list[list[int]] | None = None,
    lengths: list[int] | None = None,
    priority: list[int] | None = None,
    agent: list[int] | None = None,
) -> Outcome:
    """The outcome, a session for each request; `at` ascends."""
    count = len(at)
    itinerary = Itinerary(
        after=[[] for _ in at],
        waits=[0] * count,
        request=list(range(count)),
        session=[NONE] * count,
        start=list(range(count)),
        hangs=[[] for _ in at],
    )
    lengths = lengths or []
    paths = paths or [[] for _ in at]
    demand = Demand(
        prompt=prompt,
        answer=answer,
        told_hit=[0] * count,
        priority=priority or [0] * count,
        paths=paths,
        path_blocks=[sum(lengths[segment] for segment in path) for path in paths],
        lengths=lengths,
        agent=agent or list(range(count)),
        order=list(range(count)),
    )
    simulation = Simulation(itinerary, Arrivals(list(range(count)), at, 0), count, deployment.overhead_ns)
    return simulation.run(lambda running: Fleet(running, itinerary, demand, deployment))
