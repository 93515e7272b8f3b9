"""Sessions on a fleet, played by whichever of two does it: the kernel, and Python where there is none."""

from __future__ import annotations

from collections.abc import Sequence

from agenttrace.replay.compiled import play_compiled
from agenttrace.replay.demand import Demand
from agenttrace.replay.fleet import Deployment, Factors, Fleet
from agenttrace.replay.itinerary import Itinerary
from agenttrace.replay.jobs import Job
from agenttrace.replay.load import Arrivals
from agenttrace.replay.outcome import Outcome
from agenttrace.replay.replica import Replica
from agenttrace.replay.simulation import Simulation


def play(
    itinerary: Itinerary,
    demand: Demand,
    arrivals: Arrivals,
    deployment: Deployment,
    factors: Factors | None = None,
    places: Sequence[int] | None = None,
) -> Outcome:
    """One run. `places`: of each request the replica that it goes to, instead of a router's choice.

    Raises OverflowError where it takes longer than an int64 of ns.
    """
    outcome = play_compiled(itinerary, demand, arrivals, deployment, factors, places)
    return outcome or play_interpreted(itinerary, demand, arrivals, deployment, factors, places)


def play_interpreted(
    itinerary: Itinerary,
    demand: Demand,
    arrivals: Arrivals,
    deployment: Deployment,
    factors: Factors | None = None,
    places: Sequence[int] | None = None,
) -> Outcome:
    """The same in Python."""

    def told(_replicas: Sequence[Replica], job: Job, _now: int) -> int:
        assert places is not None  # noqa: S101  # only asked then
        return places[job.row]

    router = None if places is None else told
    simulation = Simulation(itinerary, arrivals, len(demand.prompt), deployment.overhead_ns)
    return simulation.run(
        lambda running: Fleet(running, itinerary, demand, deployment, factors, router=router)
    )
