"""Lanes: whose work a span is, which agent is the main one, and who spawned whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.columns import Mask, known, true
from agenttrace.ingest.assembly.lane_facts import LaneFacts, changes, lanes_known
from agenttrace.ingest.assembly.lane_numbers import MAIN, number_lanes
from agenttrace.ingest.assembly.lookup import NONE, KeyIndex, Rows, numbered
from agenttrace.ingest.assembly.ordering import order_of, ordered_further
from agenttrace.ingest.assembly.wrappers import merged, unwrapped


@dataclass(frozen=True, slots=True)
class Lanes:
    """`lane`: of each span the number of its lane. `facts`: of the lanes, the main one of each session first.

    Every lane but the `main` ones has a parent.
    """

    lane: Rows
    facts: LaneFacts
    main: Mask


def assign_lanes(spans: pl.DataFrame, parents: Rows, index: KeyIndex, raw_agents: pl.DataFrame) -> Lanes:
    """Lanes of all spans. `index`: of the spans. `raw_agents` has `sid` beside the columns of RAW_AGENTS."""
    lane, named = number_lanes(spans, parents)
    facts = lanes_known(spans, parents, index, lane, named, raw_agents)
    facts, number = merged(facts, unwrapped(facts))
    top = _at_the_top(facts)
    order = _ranked(facts, top)
    into = _into_main(facts, top, order)
    facts, main, final = _one_lane_each(facts, into, order)
    return Lanes(final[number[lane]], facts, main)


def _at_the_top(lanes: LaneFacts) -> Mask:
    unspawned: Mask = (lanes.parent == NONE) & (lanes.spawn == NONE)
    return unspawned | _called_by_nobody(lanes)


def _called_by_nobody(lanes: LaneFacts) -> Mask:
    """Lanes below a main line that does no work of an agent, one agent by their name: a service that runs it.

    `POST /chat` around an agent is no agent that spawns another. Several agents there are, for all we know.
    """
    idle = _unclaimed(lanes) & (lanes.worked.work == 0)
    below: Mask = (lanes.parent != NONE) & idle[lanes.parent]
    rows = np.flatnonzero(below)
    if not len(rows):
        return below
    sid, name = lanes.sid[rows], lanes.told.get_column("name")
    called, _ = numbered(lanes.sid, name)
    least, most = np.full((2, lanes.sid.max() + 1), len(called))
    np.minimum.at(least, sid, called[rows])
    most[sid] = NONE
    np.maximum.at(most, sid, called[rows])
    alone = (np.bincount(sid, minlength=len(least)) == 1)[lanes.sid]
    below &= (least == most)[lanes.sid] & (alone | known(name))
    return below


def _unclaimed(lanes: LaneFacts) -> Mask:
    """Work that no source gives to an agent."""
    unclaimed: Mask = (lanes.key == MAIN).to_numpy()
    return unclaimed


def _ranked(lanes: LaneFacts, top: Mask) -> Rows:
    """The lanes of each session, the one first that is its main lane.

    That is the stated one, or the program's own, or the only one at the top.
    """
    unclaimed, worked = _unclaimed(lanes), lanes.worked
    rank = np.select(
        [
            true(lanes.told.get_column("main")),
            unclaimed & (worked.work > 0),
            top & ~unclaimed & (worked.spans > 0),
            unclaimed,
        ],
        np.arange(4),
        4,
    )
    keys = (lanes.sid, rank, worked.low, -worked.high)
    further = pl.DataFrame([lanes.told.get_column("name"), lanes.key.alias("key")])
    return ordered_further(order_of(*keys), keys, further)


def _into_main(lanes: LaneFacts, top: Mask, order: Rows) -> Rows:
    """Other lanes at the top that are the main agent called again, and unclaimed work: the main lane.

    A later call of the main agent has its name and does not run beside it.
    """
    first = order[changes(lanes.sid[order])]
    chosen = np.zeros(lanes.sid.max() + 1, np.int64)
    chosen[lanes.sid[first]] = first
    main = chosen[lanes.sid]
    worked, name = lanes.worked, lanes.told.get_column("name")
    apart = (worked.low >= worked.high[main]) | (worked.high <= worked.low[main])
    apart &= (worked.spans > 0) & (worked.spans[main] > 0)
    again: Mask = top & known(name) & apart
    if again.any():
        called, _ = numbered(lanes.sid, name)
        again &= called == called[main]
    itself = np.arange(len(main))
    return np.where((itself == main) | _unclaimed(lanes) | again, main, itself)


def _one_lane_each(lanes: LaneFacts, into: Rows, order: Rows) -> tuple[LaneFacts, Mask, Rows]:
    """The lanes that are left, which are main, and the number of each lane among them.

    `order`: of each session its main lane first.
    """
    main = np.zeros(len(into), np.bool_)
    main[order[changes(lanes.sid[order])]] = True
    ordered = order[np.lexsort((lanes.worked.low[order], ~main[order], lanes.sid[order]))]
    left = ordered[into[ordered] == ordered]
    number = np.empty(len(into), np.int64)
    number[left] = np.arange(len(left))
    number = number[into]
    ordered = ordered[np.argsort(number[ordered], kind="stable")]
    main = main[left]
    own = np.maximum.accumulate(np.where(main, np.arange(len(left)), 0))
    parent = _first_told(np.where(lanes.parent == NONE, NONE, number[lanes.parent]), number, ordered)
    orphaned = (parent == NONE) | (parent == np.arange(len(left)))
    parent = np.where(main, NONE, np.where(orphaned, own, parent))
    spawn = np.where(main, NONE, _first_told(lanes.spawn, number, ordered))
    return lanes.together(number, ordered, parent, spawn), main, number


def _first_told(values: Rows, group: Rows, order: Rows) -> Rows:
    """Of each group the first in `order` that is not NONE."""
    found = np.full(group.max(initial=NONE) + 1, NONE, np.int64)
    told = order[values[order] != NONE][::-1]
    found[group[told]] = values[told]
    return found


def lane_depths(lane: NDArray[np.int64], parent: NDArray[np.int64]) -> NDArray[np.int64]:
    """Depth of each lane under its main lane, given rows of `parent` (NONE for main); cycles end at 1."""
    depth = np.zeros(len(lane), dtype=np.int64)
    row = parent.copy()
    for _ in range(len(lane) + 1):
        alive = row != NONE
        if not alive.any():
            return depth
        depth += alive
        row = np.where(alive, parent[np.maximum(row, 0)], NONE)
    return np.where(row != NONE, 1, depth)
