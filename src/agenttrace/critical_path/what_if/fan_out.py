"""`fanout<=N`: branches of a join beyond the first N wait until one before them has ended.

Branches begin in the order in which they began. There are N slots; each next branch takes the one that is free
first, as long as branches last what they lasted. What it then waits for is frozen like every other dependency,
whatever else is changed beside it.
"""

from __future__ import annotations

import heapq

import numpy as np
import polars as pl

from agenttrace.critical_path.arrays import Ints
from agenttrace.critical_path.network import Network


def slot_waits(branches: pl.DataFrame, most: int) -> tuple[Ints, Ints]:
    """Branches (rows of spans) that wait for a slot, and the branch that each waits for.

    `branches`: `group`, `row`, `graph_start` and `graph_end` of each, sorted by group and start.
    """
    later: list[int] = []
    earlier: list[int] = []
    crowded = branches.filter(pl.len().over("group") > most)
    for (_,), group in crowded.group_by("group", maintain_order=True):
        lasts = (group["graph_end"] - group["graph_start"]).to_list()
        free: list[tuple[int, int, int]] = []
        for place, (row, start, length) in enumerate(
            zip(group["row"], group["graph_start"], lasts, strict=True)
        ):
            begins = start
            if len(free) == most:
                done, _, before = heapq.heappop(free)
                begins = max(begins, done)
                later.append(row)
                earlier.append(before)
            heapq.heappush(free, (begins + length, place, row))
    return np.array(later, np.int64), np.array(earlier, np.int64)


def with_slot_waits(network: Network, spans: int, later: Ints, earlier: Ints) -> Network:
    """The network in which these branches begin once those before them have ended too; `spans`: how many there are.

    A slot that is free in time delays nothing: what a branch recorded as its gap comes before the wait for the slot.
    """
    delayed = np.unique(later)
    own = np.arange(network.size)
    own[delayed] = network.size + np.arange(len(delayed))
    added = len(later) + len(delayed)
    return Network(
        np.concatenate([network.source, own[delayed], spans + earlier]),
        np.concatenate([own[network.target], delayed, later]),
        np.concatenate([network.link, np.full(added, -1, np.int64)]),
        network.size + len(delayed),
        network.gathered,
        delayed,
    )
