"""How many KV blocks a worker's requests held at any time, as a trace lets one reckon it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import NULL, Ints
from agenttrace.replay.blocks import BlockPool
from agenttrace.replay.demand import Demand
from agenttrace.replay.requests import Requests

Event: TypeAlias = tuple[int, int, int]
"""An instant, whether a request begins (1) or ceases (0) to hold its blocks then, and its row."""


@dataclass(frozen=True, slots=True, eq=False)
class Holding:
    """From each instant `at` on, so many blocks are `held`, and the request that begins next takes `more`, 0: none."""

    at: Ints
    held: Ints
    more: Ints

    def would_hold(self, at: Ints) -> Ints:
        """How many blocks were held, had the next request begun at these instants."""
        place = np.searchsorted(self.at, at, side="right") - 1
        found: Ints = np.where(place >= 0, (self.held + self.more)[np.maximum(place, 0)], 0)
        return found

    def level(self, share: float) -> int:
        """So many are held for this share of the time."""
        passed = np.diff(self.at, append=self.at[-1:])
        order = np.argsort(-self.held, kind="stable")
        place = int(np.searchsorted(np.cumsum(passed[order]), share * passed.sum()))
        return int(self.held[order][min(place, len(order) - 1)])


def held_times(requests: Requests, prefill_ns: NDArray[np.float64]) -> list[Event]:
    """When requests begin to hold blocks: their prefill before the first token; if not known, as short as a tenth's."""
    rows = np.flatnonzero(requests.first_token != NULL)
    begun = np.where(requests.queue_end != NULL, requests.queue_end, requests.start)[rows]
    wait = requests.first_token[rows] - begun
    takes = np.where(prefill_ns > 0, prefill_ns, np.quantile(wait, 0.1))[rows].astype(np.int64)
    begins = requests.first_token[rows] - np.minimum(wait, takes)
    events = [(at, 1, row) for at, row in zip(begins.tolist(), rows.tolist(), strict=True)]
    events += [(at, 0, row) for at, row in zip(requests.end[rows].tolist(), rows.tolist(), strict=True)]
    return sorted(events)


def own_blocks(demand: Demand, row: int, block_tokens: int) -> int:
    """Blocks of a request that no other prompt shares: the end of its prompt, and its answer."""
    whole = -(-(demand.prompt[row] + demand.answer[row]) // block_tokens)
    return max(0, whole - demand.path_blocks[row])


def holdings(
    requests: Requests, demand: Demand, block_tokens: int, events: Sequence[Event]
) -> dict[int, Holding]:
    """Of each worker what its requests held, as if it had blocks without end."""
    worker = requests.cached_on.tolist()
    pools: dict[int, BlockPool] = {}
    told: dict[int, list[tuple[int, int, int]]] = {}
    for at, begins, row in events:
        pool = pools.setdefault(worker[row], BlockPool(demand.lengths, None))
        before, own = pool.pinned, own_blocks(demand, row, block_tokens)
        if begins:
            pool.pin(demand.paths[row], own)
        else:
            pool.release(demand.paths[row], own, at)
        taken = pool.pinned - before if begins else -1
        told.setdefault(worker[row], []).append((at, pool.pinned, taken))
    return {one: _holding(rows) for one, rows in told.items()}


def _holding(rows: Sequence[tuple[int, int, int]]) -> Holding:
    at, held, taken = np.array(rows, np.int64).T
    begins = np.append(np.flatnonzero(taken >= 0), len(rows))
    coming = begins[np.searchsorted(begins, np.arange(len(rows)), side="right").clip(max=len(begins) - 1)]
    return Holding(at, held, np.append(taken, 0)[coming])
