"""What prompts find in a cache that only their own session has filled, where no source says what they found."""

from __future__ import annotations

from dataclasses import replace
from heapq import heappop, heappush

import numpy as np

from agenttrace.critical_path.arrays import NULL
from agenttrace.replay.demand import Demand
from agenttrace.replay.requests import Requests


def with_own_hits(requests: Requests, demand: Demand, block_tokens: int) -> Demand:
    """The demand, with what the session's requests that had ended had in common with a prompt taken for cached.

    Only of requests whose blocks are known and whose cached tokens are not.
    """
    untold = {row for row in np.flatnonzero(requests.cached_tokens == NULL).tolist() if demand.paths[row]}
    if not untold:
        return demand
    hits = list(demand.told_hit)
    session, start, end = (of.tolist() for of in (requests.session, requests.start, requests.end))
    ended: list[tuple[int, int]] = []
    cached: set[tuple[int, int]] = set()
    for row in np.argsort(requests.start, kind="stable").tolist():
        while ended and ended[0][0] <= start[row]:
            over = heappop(ended)[1]
            cached.update((session[over], segment) for segment in demand.paths[over])
        if row in untold:
            hits[row] = _leading(demand, row, session[row], cached) * block_tokens
        heappush(ended, (end[row], row))
    return replace(demand, told_hit=hits)


def _leading(demand: Demand, row: int, session: int, cached: set[tuple[int, int]]) -> int:
    """How many leading blocks of a prompt are among those."""
    found = 0
    for segment in demand.paths[row]:
        if (session, segment) not in cached:
            break
        found += demand.lengths[segment]
    return found
