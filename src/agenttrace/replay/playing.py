"""A workload played on servers: the one function that all questions to replay come down to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agenttrace.critical_path.arrays import Ints
from agenttrace.errors import UsageError
from agenttrace.replay.choices import Load
from agenttrace.replay.constant_servers import ConstantServers
from agenttrace.replay.demand import Demand, demand_of
from agenttrace.replay.fleet import Deployment, Factors, in_blocks_of
from agenttrace.replay.isolated import Reference, modelled_times, scaled_times
from agenttrace.replay.itinerary import Itinerary, plan_itinerary
from agenttrace.replay.kept_times import keeps_time, recorded_times
from agenttrace.replay.load import Arrivals, arrivals
from agenttrace.replay.outcome import Outcome
from agenttrace.replay.own_hits import with_own_hits
from agenttrace.replay.running import play
from agenttrace.replay.simulation import Simulation
from agenttrace.replay.workload import Workload


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """A workload made ready to be played any number of times, under one load.

    `reference`: what served it. Isolated, requests then take what they took by the ratio of target and reference.
    """

    workload: Workload
    itinerary: Itinerary
    demand: Demand
    load: Load
    lanes: int
    reference: Reference | None = None

    def play(self, deployment: Deployment, factors: Factors | None = None) -> Outcome:
        """One run on these servers. Isolated: nobody shares a server with another session."""
        try:
            return self._played(deployment, factors)
        except OverflowError as error:
            raise UsageError(
                "these servers take longer than 292 years: a number of the platform is out of proportion"
            ) from error

    def _played(self, deployment: Deployment, factors: Factors | None) -> Outcome:
        if self.load is Load.ISOLATED:
            return self._alone(deployment, factors)
        deployment = in_blocks_of(deployment, self.workload.prompts.block_tokens)
        return play(self.itinerary, self.demand, self._arrivals(), deployment, factors)

    def play_recorded(self) -> Outcome:
        """One run in which every request takes what it took."""
        return self.play_constant(recorded_times(self.workload.requests))

    def play_constant(self, times: tuple[Ints, Ints]) -> Outcome:
        """One run in which requests take these times to the first token and to the end."""
        recorded = recorded_times(self.workload.requests)
        return Simulation(self.itinerary, self._arrivals(), len(self.workload.requests)).run(
            lambda running: ConstantServers(running, self.itinerary, recorded, times)
        )

    def _alone(self, deployment: Deployment, factors: Factors | None) -> Outcome:
        """What each request takes on a server of its own, its recorded queue before it."""
        requests = self.workload.requests
        demand = with_own_hits(requests, self.demand, self.workload.prompts.block_tokens)
        if self.reference is None:
            times = modelled_times(requests, demand, deployment, factors)
        else:
            times = scaled_times(requests, demand, deployment, self.reference, factors)
        kept, (first, end) = keeps_time(self.workload), recorded_times(requests)
        return self.play_constant((np.where(kept, first, times[0]), np.where(kept, end, times[1])))

    def _arrivals(self) -> Arrivals:
        return arrivals(self.workload.start, self.workload.wall, self.load, self.lanes)


def set_stage(workload: Workload, load: Load, lanes: int, reference: Reference | None = None) -> Stage:
    """A workload under a load."""
    return Stage(workload, plan_itinerary(workload), demand_of(workload), load, lanes, reference)
