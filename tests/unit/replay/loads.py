"""Requests sent to one replica at given times, played by Python and by the kernel, which give the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from agenttrace.critical_path.arrays import NONE
from agenttrace.native import library
from agenttrace.replay.compiled import play_compiled
from agenttrace.replay.demand import Demand
from agenttrace.replay.fleet import Deployment
from agenttrace.replay.itinerary import Itinerary
from agenttrace.replay.load import Arrivals
from agenttrace.replay.outcome import Outcome
from agenttrace.replay.ragged import first_places
from agenttrace.replay.running import play_interpreted


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
    itinerary = itinerary_of(
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
    arrivals = Arrivals(list(range(count)), at, 0)
    outcome = play_interpreted(itinerary, demand, arrivals, deployment)
    if library() is not None:
        compiled = play_compiled(itinerary, demand, arrivals, deployment)
        assert compiled is not None
        assert told(compiled) == told(outcome)
    return outcome


def told(outcome: Outcome) -> dict[str, list[int]]:
    """All that it says."""
    return {column.name: getattr(outcome, column.name).tolist() for column in fields(outcome)}


def itinerary_of(
    after: Sequence[Sequence[tuple[int, int]]],
    waits: Sequence[int],
    request: Sequence[int],
    session: Sequence[int],
    start: Sequence[int],
    hangs: Sequence[Sequence[tuple[int, int, float]]],
) -> Itinerary:
    """Of lists: of each point what follows and how long after it, of each request what hangs on it."""
    edges = [edge for of_point in after for edge in of_point]
    hung = [hang for of_request in hangs for hang in of_request]
    return Itinerary(
        after_first=first_places(np.array([len(of_point) for of_point in after], np.int64)),
        after=np.array([target for target, _ in edges], np.int64),
        delay=np.array([delay for _, delay in edges], np.int64),
        waits=np.array(waits, np.int64),
        request=np.array(request, np.int64),
        session=np.array(session, np.int64),
        start=np.array(start, np.int64),
        hang_first=first_places(np.array([len(of_request) for of_request in hangs], np.int64)),
        hang_point=np.array([point for point, _, _ in hung], np.int64),
        hang_offset=np.array([offset for _, offset, _ in hung], np.int64),
        hang_share=np.array([share for _, _, share in hung], np.float64),
    )
