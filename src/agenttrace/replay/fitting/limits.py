"""What limits a server, as far as a trace shows it: workers, running sequences, KV blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import NONE, NULL, Bools, Ints
from agenttrace.replay.blocks import BlockPool
from agenttrace.replay.fleet import Demand
from agenttrace.replay.quantities import Identified
from agenttrace.replay.requests import Requests

_HELD = 0.005
_QUEUED = 0.05
_AT_LIMIT = 0.8
_LOST = 0.005
_ROUNDS = 14
_CLOSE = 0.9
"""When requests begin to hold blocks is known so well that what they hold at once is off by a tenth at the most."""

_Event: TypeAlias = tuple[int, int, int]
"""An instant, whether a request begins (1) or ceases (0) to hold its blocks then, and its row."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit: `value` if it is identified, else at least `low`."""

    value: int
    low: int
    high: int | None
    identified: Identified


def worker_limit(workers: Ints) -> Limit:
    """How many workers served; `workers`: of each request the one that did."""
    known = np.unique(workers[workers != NONE])
    if not len(known):
        return Limit(1, 1, None, Identified.NO)
    return Limit(len(known), len(known), len(known), Identified.YES)


def sequence_limit(requests: Requests) -> Limit:
    """How many sequences ran at once on a worker at most; a limit where others waited meanwhile."""
    most, queued, full = 1, 0.0, 0.0
    whole = 0.0
    for worker in np.unique(requests.worker):
        one = requests.take((requests.worker == worker) & (requests.first_token != NULL))
        if not len(one):
            continue
        passed, running, waiting = _counted(one)
        total = max(float(passed.sum()), 1.0)
        held = np.bincount(running, weights=passed) / total
        top = int(np.flatnonzero(np.cumsum(held[::-1])[::-1] >= _HELD).max(initial=1))
        most = max(most, top)
        several = waiting >= 2
        whole += total
        queued += float(passed[several].sum())
        full += float(passed[several & (running >= top - 1)].sum())
    limited = queued > _QUEUED * whole and full > _AT_LIMIT * queued
    if limited:
        return Limit(most, most, most, Identified.YES)
    return Limit(most, most, None, Identified.BOUNDED)


def met_no_load(requests: Requests) -> Bools:
    """Of each request whether its worker had nobody waiting for a first token when it was sent, and was half empty."""
    found = np.zeros(len(requests), np.bool_)
    for worker in np.unique(requests.cached_on):
        rows = np.flatnonzero((requests.cached_on == worker) & (requests.first_token != NULL))
        at = requests.start[rows]
        sent = np.searchsorted(np.sort(at), at)
        answered = np.searchsorted(np.sort(requests.first_token[rows]), at, side="right")
        ended = np.searchsorted(np.sort(requests.end[rows]), at, side="right")
        decoding = answered - ended
        found[rows] = (sent <= answered) & (decoding <= decoding.max(initial=0) // 2)
    return found


def _counted(requests: Requests) -> tuple[Ints, Ints, Ints]:
    """Stretches of time: how long, how many sequences decode, how many wait for their first token."""
    t = np.concatenate([requests.start, requests.first_token, requests.end])
    count = len(requests)
    waits = np.repeat([1, -1, 0], count)
    runs = np.repeat([0, 1, -1], count)
    order = np.lexsort((runs, t))
    passed = np.diff(t[order], append=t.max())
    return passed, np.maximum(np.cumsum(runs[order]), 0), np.maximum(np.cumsum(waits[order]), 0)


def block_limit(
    requests: Requests, demand: Demand, block_tokens: int, prefill_ns: NDArray[np.float64]
) -> Limit:
    """How many KV blocks a worker has: as many as lose, to eviction, the hits that the trace says were lost.

    A bound from above: eviction may go by another order than the least recent use, and tokens that were generated
    may take more room, and then fewer blocks lose as many hits. From below it is bounded by the largest prompt. As
    many as were held at once it has in any case; where far fewer lose the hits, something else does.
    `prefill_ns`: how long the prefill of each request takes, 0 where that is not known.
    """
    told = (requests.cached_tokens != NULL) & (requests.first_token != NULL)
    if not block_tokens or not told.any():
        return Limit(0, 0, None, Identified.NO)
    recorded = int(requests.cached_tokens[told].sum())
    events = _held_times(requests, prefill_ns)

    def hits_of(capacity: int | None) -> tuple[int, int]:
        return _hits(requests, demand, block_tokens, capacity, events)

    found, pinned = hits_of(None)
    if recorded >= found * (1 - _LOST):
        return Limit(pinned, pinned, None, Identified.BOUNDED)
    low, high = max(1, pinned // 4), max(2, sum(demand.lengths))
    for _ in range(_ROUNDS):
        middle = (low + high) // 2
        if hits_of(middle)[0] < recorded:
            low = middle + 1
        else:
            high = middle
        if high - low <= max(1, high // 100):
            break
    if high < pinned * _CLOSE:
        return Limit(pinned, high, None, Identified.BOUNDED)
    largest = int(-(-requests.input_tokens.max() // block_tokens))
    value = max(high, pinned)
    return Limit(value, min(largest, value), value, Identified.BOUNDED)


def _hits(
    requests: Requests, demand: Demand, block_tokens: int, capacity: int | None, events: Sequence[_Event]
) -> tuple[int, int]:
    """Tokens found in caches of so many blocks at the recorded times, and the most blocks that were held at once."""
    pools: dict[int, BlockPool] = {}
    worker, hits, pinned = requests.cached_on.tolist(), 0, 0
    answer, prompt = demand.answer, demand.prompt
    for at, begins, row in events:
        pool = pools.setdefault(worker[row], BlockPool(demand.lengths, capacity))
        path = demand.paths[row]
        private = max(0, -(-(prompt[row] + answer[row]) // block_tokens) - demand.path_blocks[row])
        if begins:
            most = (prompt[row] - 1) // block_tokens
            hits += min(pool.match(path, at), most) * block_tokens
            pool.pin(path, private)
            pinned = max(pinned, pool.pinned)
        else:
            pool.release(path, private, at)
    return hits, pinned


def _held_times(requests: Requests, prefill_ns: NDArray[np.float64]) -> list[_Event]:
    """When requests begin to hold blocks: their prefill before the first token; if not known, as short as a tenth's."""
    rows = np.flatnonzero(requests.first_token != NULL)
    begun = np.where(requests.queue_end != NULL, requests.queue_end, requests.start)[rows]
    wait = requests.first_token[rows] - begun
    takes = np.where(prefill_ns > 0, prefill_ns, np.quantile(wait, 0.1))[rows].astype(np.int64)
    begins = requests.first_token[rows] - np.minimum(wait, takes)
    events = [(at, 1, row) for at, row in zip(begins.tolist(), rows.tolist(), strict=True)]
    events += [(at, 0, row) for at, row in zip(requests.end[rows].tolist(), rows.tolist(), strict=True)]
    return sorted(events)
