"""What limits a server, as far as a trace shows it: workers, running sequences, KV blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import NONE, NULL, Bools, Ints
from agenttrace.replay.blocks import BlockPool
from agenttrace.replay.demand import Demand
from agenttrace.replay.fitting.holding import Event, Holding, held_times, holdings, own_blocks
from agenttrace.replay.quantities import Identified
from agenttrace.replay.requests import Requests

_HELD = 0.005
_QUEUED = 0.05
_AT_LIMIT = 0.8
_LOST = 0.005
_ROUNDS = 14
_CLOSE = 0.9
"""When requests begin to hold blocks is known so well that what they hold at once is off by a tenth at the most."""


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
    load = _load_of(requests)
    return _sequences(load, load.queued)


def server_limits(
    requests: Requests, demand: Demand, block_tokens: int, prefill_ns: NDArray[np.float64]
) -> tuple[Limit, Limit]:
    """Of a worker the sequences and the blocks: whoever waits, waits for one of the two.

    Where sequences do not explain why requests waited, but those together with blocks do, there are as many blocks as
    were held at once; and sequences are what those waited for who would have found blocks. Otherwise blocks are as
    `block_limit` says. `prefill_ns`: how long the prefill of each request takes, 0 where that is not known.
    """
    load = _load_of(requests)
    sequences = _sequences(load, load.queued)
    events = held_times(requests, prefill_ns) if block_tokens else []
    if events and sequences.identified is not Identified.YES and load.waited(load.queued) > _QUEUED:
        found = holdings(requests, demand, block_tokens, events)
        held = max(holding.level(_HELD) for holding in found.values())
        full = load.would_hold(found) > _CLOSE * held
        if load.waited(load.queued & (full | load.at(load.top))) > _AT_LIMIT * load.waited(load.queued):
            near = Limit(held, round(_CLOSE * held), round(held / _CLOSE), Identified.YES)
            return _sequences(load, load.queued & ~full), near
    return sequences, block_limit(requests, demand, block_tokens, events)


@dataclass(frozen=True, slots=True, eq=False)
class _Load:
    """Stretches of time on all workers: which `worker`, from when on, how many sequences decode and wait there.

    `top`: as many decode at once, if not only for a moment.
    """

    worker: Ints
    start: Ints
    passed: Ints
    running: Ints
    waiting: Ints
    top: int

    @property
    def queued(self) -> Bools:
        """Where somebody waits besides the one that is being prefilled."""
        found: Bools = self.waiting >= 2
        return found

    def waited(self, where: Bools) -> float:
        """The share of these stretches in all of the time."""
        return float(self.passed[where].sum()) / max(float(self.passed.sum()), 1.0)

    def at(self, limit: int) -> Bools:
        """Where as many decode; one may be in its prefill."""
        found: Bools = self.running >= limit - 1
        return found

    def would_hold(self, found: Mapping[int, Holding]) -> Ints:
        """The blocks that were held, had the next request begun."""
        held = np.zeros(len(self.start), np.int64)
        for worker, holding in found.items():
            mine = self.worker == worker
            held[mine] = holding.would_hold(self.start[mine])
        return held


def _load_of(requests: Requests) -> _Load:
    parts, most = [], 1
    for worker in np.unique(requests.worker):
        one = requests.take((requests.worker == worker) & (requests.first_token != NULL))
        if not len(one):
            continue
        start, passed, running, waiting = _counted(one)
        held = np.bincount(running, weights=passed) / max(float(passed.sum()), 1.0)
        most = max(most, int(np.flatnonzero(np.cumsum(held[::-1])[::-1] >= _HELD).max(initial=1)))
        parts.append(np.stack([np.full(len(start), worker), start, passed, running, waiting]))
    columns = np.concatenate(parts, axis=1) if parts else np.zeros((5, 0), np.int64)
    worker, start, passed, running, waiting = columns
    return _Load(worker, start, passed, running, waiting, most)


def _sequences(load: _Load, queued: Bools) -> Limit:
    """The most that ran at once; a limit, if mostly as many did where somebody was `queued`."""
    waited, top = load.waited(queued), load.top
    if waited > _QUEUED and load.waited(queued & load.at(top)) > _AT_LIMIT * waited:
        return Limit(top, top, top, Identified.YES)
    return Limit(top, top, None, Identified.BOUNDED)


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


def _counted(requests: Requests) -> tuple[Ints, Ints, Ints, Ints]:
    """Stretches of time: from when on, how long, how many sequences decode, how many wait for their first token."""
    t = np.concatenate([requests.start, requests.first_token, requests.end])
    count = len(requests)
    waits = np.repeat([1, -1, 0], count)
    runs = np.repeat([0, 1, -1], count)
    order = np.lexsort((runs, t))
    passed = np.diff(t[order], append=t.max())
    return t[order], passed, np.maximum(np.cumsum(runs[order]), 0), np.maximum(np.cumsum(waits[order]), 0)


def block_limit(requests: Requests, demand: Demand, block_tokens: int, events: Sequence[Event]) -> Limit:
    """How many KV blocks a worker has: as many as lose, to eviction, the hits that the trace says were lost.

    A bound from above: eviction may go by another order than the least recent use, and tokens that were generated
    may take more room, and then fewer blocks lose as many hits. From below it is bounded by the largest prompt. As
    many as were held at once it has in any case; where far fewer lose the hits, something else does. `events`: when
    requests begin and cease to hold blocks.
    """
    told = (requests.cached_tokens != NULL) & (requests.first_token != NULL)
    if not block_tokens or not told.any():
        return Limit(0, 0, None, Identified.NO)
    recorded = int(requests.cached_tokens[told].sum())

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
    requests: Requests, demand: Demand, block_tokens: int, capacity: int | None, events: Sequence[Event]
) -> tuple[int, int]:
    """Tokens found in caches of so many blocks at the recorded times, and the most blocks that were held at once."""
    pools: dict[int, BlockPool] = {}
    worker, hits, pinned = requests.cached_on.tolist(), 0, 0
    for at, begins, row in events:
        pool = pools.setdefault(worker[row], BlockPool(demand.lengths, capacity))
        path = demand.paths[row]
        private = own_blocks(demand, row, block_tokens)
        if begins:
            most = (demand.prompt[row] - 1) // block_tokens
            hits += min(pool.match(path, at), most) * block_tokens
            pool.pin(path, private)
            pinned = max(pinned, pool.pinned)
        else:
            pool.release(path, private, at)
    return hits, pinned
