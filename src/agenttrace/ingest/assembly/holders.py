"""The spans that hold lanes and sessions: found where the source has them, made where it has not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest.assembly.agents import Lanes
from agenttrace.ingest.assembly.columns import Mask, are, code, codes, known, same, true, worded
from agenttrace.ingest.assembly.frames import put, stacked
from agenttrace.ingest.assembly.lookup import NONE, Rows
from agenttrace.ingest.assembly.parents import in_cycle, nearest, views_of_requests
from agenttrace.ingest.assembly.spawns import SPAWN_TOLERANCE_NS, Spawns, find_spawns


@dataclass(frozen=True, slots=True)
class Held:
    """Spans with the added ones below: first one for each session, then those for lanes.

    `parents`: row of each span's parent, NONE only for sessions. `lane`: lane number (row of `lanes`).
    `lanes`: the lane table with `holder` and `spawn_row` (rows), `parent_lane_no`, `background`,
    `spawn_inferred`.
    """

    spans: pl.DataFrame
    parents: Rows
    lane: NDArray[np.int64]
    lanes: pl.DataFrame


def hold_lanes(spans: pl.DataFrame, parents: Rows, lanes: Lanes) -> Held:
    """Gives each lane a span of kind agent, each session its span, and every span a parent in its lane."""
    spawns = find_spawns(spans, parents, lanes)
    holding = _existing_holders(spans, parents, lanes)
    count, sessions = spans.height, int(lanes.main.sum())
    made = np.flatnonzero(holding == NONE)
    holder = holding.copy()
    holder[made] = count + sessions + np.arange(len(made))
    added = _added_rows(lanes, made)
    grown = _with_flags(stacked(_demoted(spans, holder), added), holder[spawns.background])
    lane_all = np.concatenate([lanes.lane, np.flatnonzero(lanes.main), made])
    session_row = count + np.cumsum(lanes.main) - 1  # a session's main lane is its first
    kept, held = _parents(parents, lanes, spawns, holder, session_row)
    all_parents = np.concatenate([kept, np.full(sessions, NONE), held[made]])
    all_parents = _without_cycles(all_parents, session_row[lane_all], count, sessions)
    return Held(grown, all_parents, lane_all, _table(lanes, spawns, holder))


def _table(lanes: Lanes, spawns: Spawns, holder: Rows) -> pl.DataFrame:
    facts, seen = lanes.facts, lanes.facts.worked.spans > 0
    numbers = {"sid": facts.sid, "lane_no": np.arange(len(holder)), "parent_lane_no": facts.parent}
    rows = {"holder": holder, "spawn_row": spawns.row}
    flags = {"main": lanes.main, "background": spawns.background, "spawn_inferred": spawns.inferred}
    extent = {"low": facts.worked.low, "high": facts.worked.high}
    return pl.DataFrame(
        {
            **{name: pl.Series(values) for name, values in {**numbers, **rows, **flags}.items()},
            **{name: pl.Series(pa.array(values, mask=~seen)) for name, values in extent.items()},
            **{name: facts.told.get_column(name) for name in ("source_id", "name", "type")},
            "lane": facts.key,
        }
    )


def _existing_holders(spans: pl.DataFrame, parents: Rows, lanes: Lanes) -> Rows:
    """A lane's own span of kind agent, where it has exactly one, and that one reaches over the whole lane."""
    worked = lanes.facts.worked
    row = np.where(worked.agents == 1, worked.agent_row, NONE)
    if (row == NONE).all():
        return row
    starts, ends = (spans.get_column(name).to_numpy() for name in ("start_ns", "end_ns"))
    covers = (starts[row] <= worked.low) & (ends[row] >= worked.high)
    covers |= ~_outgrown(spans, parents, lanes.lane, row)
    open_end = spans.get_column("open_end").to_numpy()[row]
    return np.where(covers | open_end | ~lanes.main, row, NONE)


def _outgrown(spans: pl.DataFrame, parents: Rows, lane: NDArray[np.int64], holder: Rows) -> Mask:
    """Lanes with spans beyond the bounds of their `holder`; what its parents say lies in it may miss them a little.

    Servers' views of requests do not count: a server may be done with one after its agent is.
    """
    starts, ends = spans.get_column("start_ns").to_numpy(), spans.get_column("end_ns").to_numpy()
    holds = np.zeros(len(starts), np.bool_)
    holds[holder[holder != NONE]] = True
    own = holder[lane]
    error = np.where(nearest(parents, holds) == own, SPAWN_TOLERANCE_NS, 0)
    known = (own != NONE) & ~views_of_requests(spans, parents)
    beyond = known & ((starts + error < starts[own]) | (ends - error > ends[own]))
    found: Mask = holder == NONE
    found[lane[beyond]] = True
    return found


def _demoted(spans: pl.DataFrame, holder: Rows) -> pl.DataFrame:
    """Spans of kind agent that do not hold their lane are calls of their agent: interactions."""
    calls = are(spans, "kind", "agent")
    calls[holder[holder < spans.height]] = False
    if not calls.any():
        return spans
    interaction = np.int8(code("kind", "interaction"))
    return put(spans, worded("kind", np.where(calls, interaction, codes(spans.get_column("kind")))))


def _added_rows(lanes: Lanes, made: Rows) -> pl.DataFrame:
    """Rows for sessions, then for lanes without a span of their own; bounds follow in `bound_sessions`."""
    facts, begins = lanes.facts, np.flatnonzero(lanes.main)
    count = len(begins) + len(made)
    low = np.concatenate([np.minimum.reduceat(facts.worked.low, begins), facts.worked.low[made]])
    high = np.concatenate([np.maximum.reduceat(facts.worked.high, begins), facts.worked.high[made]])
    seen = low <= high
    kinds = np.repeat([code("kind", "session"), code("kind", "agent")], [len(begins), len(made)])
    keys, nameless = (
        pl.Series([word], dtype=pl.String).new_from_index(0, len(begins))
        for word in ("session:session", None)
    )
    known = {
        "sid": np.concatenate([facts.sid[begins], facts.sid[made]]),
        "kind": worded("kind", kinds),
        "name": pl.concat([nameless, facts.told.get_column("name")[made]]),
        "span_key": pl.concat([keys, "agent:" + facts.key[made]]),
        "start_ns": np.where(seen, low, 0),
        "end_ns": np.where(seen, high, 0),
        "purpose": same("purpose", "turn", count),
        "start_evidence": same("start_evidence", "derived", count),
        "end_evidence": same("end_evidence", "derived", count),
        "open_end": np.zeros(count, np.bool_),
        "origin": np.full(count, NONE, np.int32),
    }
    return pl.DataFrame(known)


def _parents(
    parents: Rows, lanes: Lanes, spawns: Spawns, holder: Rows, session_row: Rows
) -> tuple[Rows, Rows]:
    """Parents of the rows, and of each lane's holder if it is made.

    Where a source says no more than which agent a lane is of, the call that runs it says more.
    """
    lane, above, inside = lanes.lane, lanes.facts.parent, spawns.inside
    holder_parent = np.where(above == NONE, session_row, np.where(inside != NONE, inside, holder[above]))
    row = np.arange(len(parents), dtype=np.int64)
    holds = holder[lane] == row
    same = (parents != NONE) & (lane[parents] == lane)
    own = np.where(same, parents, holder[lane])
    of_agent = (parents == holder[above][lane]) & (inside[lane] != NONE)
    stated = (parents != NONE) & (above[lane] != NONE) & ~of_agent
    return np.where(holds, np.where(stated, parents, holder_parent[lane]), own), holder_parent


def _without_cycles(parents: Rows, session_of: Rows, count: int, sessions: int) -> Rows:
    """A lane that would be spawned inside itself hangs on its session."""
    cyclic = in_cycle(parents)
    if not cyclic.any():
        return parents
    repaired = np.where(cyclic, session_of, parents)
    repaired[count : count + sessions] = NONE
    return repaired


def _with_flags(grown: pl.DataFrame, background: Rows) -> pl.DataFrame:
    """A background lane's holder is not waited for by its parent; every other span is, unless stated."""
    blocking = grown.get_column("blocking")
    waited = true(blocking) | ~known(blocking)
    waited[background] = False
    return put(grown, pl.Series("blocking", waited))
