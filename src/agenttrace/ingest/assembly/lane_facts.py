"""What spans and sources say of each lane."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
import polars as pl

from agenttrace.ingest.assembly.columns import are, extents, known, true
from agenttrace.ingest.assembly.frames import dtype_of
from agenttrace.ingest.assembly.lane_numbers import Named
from agenttrace.ingest.assembly.lookup import NONE, KeyIndex, Rows, numbered, rows_or_null
from agenttrace.ingest.assembly.ordering import order_of
from agenttrace.ingest.assembly.parents import views_of_requests
from agenttrace.ingest.raw import RAW_AGENTS

_ACTS = ("request", "tool", "compaction", "user_wait")

_TOLD = ("main", "source_id", "name", "type", "background", "spawn_inferred")
_FIRST = ("parent_agent_key", "source_id", "name", "type", "spawn_key", "spawn_inferred")


@dataclass(frozen=True, slots=True)
class Worked:
    """What spans say of lanes. `low`, `high`: the extent of its `spans`; HIGHEST and its negative where it has none.

    `acts`: how often it does something itself; `work`: this, and interactions. `agents`: its spans of kind agent, of
    which `agent_row` is one.
    """

    low: Rows
    high: Rows
    spans: Rows
    acts: Rows
    work: Rows
    agents: Rows
    agent_row: Rows

    def together(self, order: Rows, begins: Rows) -> Worked:
        """The lanes from each of `begins` on, in this order, as one."""
        ways = (np.minimum, np.maximum, np.add, np.add, np.add, np.add, np.maximum)
        columns = (getattr(self, field.name) for field in fields(self))
        return Worked(*(way.reduceat(c[order], begins) for way, c in zip(ways, columns, strict=True)))


@dataclass(frozen=True, slots=True)
class LaneFacts:
    """Lanes by their numbers. `told`: what their sources say, each null where they do not.

    `parent`: the lane that it was opened in; NONE where none is told, or one of which there is nothing. `spawn`: the
    span in which it was spawned, or NONE.
    """

    sid: Rows
    key: pl.Series
    told: pl.DataFrame
    parent: Rows
    spawn: Rows
    worked: Worked

    def together(self, group: Rows, order: Rows, parent: Rows, spawn: Rows) -> LaneFacts:
        """The lanes of each group as one, with these parents and spawns, and else what the first of it knows.

        `order` has the groups one after the other.
        """
        begins = changes(group[order])
        first = order[begins]
        told = [_first_known(column, order, begins) for column in self.told.iter_columns()]
        worked = self.worked.together(order, begins)
        return LaneFacts(self.sid[first], self.key[first], pl.DataFrame(told), parent, spawn, worked)


def lanes_known(
    spans: pl.DataFrame, parents: Rows, index: KeyIndex, lane: Rows, named: Named, raw_agents: pl.DataFrame
) -> LaneFacts:
    """All lanes: those that have spans, by their numbers `lane`, and then those that sources only tell of.

    `index`: of the spans. `raw_agents` has `sid` beside the columns of RAW_AGENTS.
    """
    agents = _one_row_an_agent(raw_agents)
    sid = np.concatenate([named.sid, agents.get_column("sid").to_numpy()])
    key = pl.concat([named.key, agents.get_column("agent_key")])
    number, first = numbered(sid, key)
    sid, key, whose = sid[first], key[first], number[len(named.sid) :]
    seen = _seen(spans, parents, lane, len(first))
    parent, spawn = seen.parent, seen.spawn
    place = np.full(len(first), NONE, np.int64)
    place[whose] = np.arange(agents.height)
    told = pl.concat([agents.select(_TOLD), _nothing_told()])[place]  # the last row is that of NONE
    if agents.height:
        parent[whose] = _stated_parents(agents, KeyIndex(pl.Series(sid), key), parent[whose])
        spawn[whose] = _stated_spawns(agents, index, spawn[whose])
    if (seen.name_row != NONE).any():
        name = spans.get_column("name").gather(rows_or_null(seen.name_row))
        told = told.with_columns(name=pl.coalesce("name", name))
    return LaneFacts(sid, key, told, parent, spawn, seen.worked)


@cache
def _nothing_told() -> pl.DataFrame:
    """Of one lane."""
    columns = {column.name: dtype_of(column) for column in RAW_AGENTS.columns if column.name in _TOLD}
    return pl.DataFrame({name: [None] for name in _TOLD}, schema={name: columns[name] for name in _TOLD})


def _one_row_an_agent(raw_agents: pl.DataFrame) -> pl.DataFrame:
    keys = raw_agents.get_column("agent_key")
    if len(numbered(raw_agents.get_column("sid").to_numpy(), keys)[1]) == raw_agents.height:
        return raw_agents
    ordered = raw_agents.sort(
        "sid", "agent_key", "parent_agent_key", "name", "type", "spawn_key", nulls_last=True
    )
    return ordered.group_by("sid", "agent_key", maintain_order=True).agg(
        pl.col("main").max(),
        pl.col("background").max(),
        *(pl.col(name).drop_nulls().first() for name in _FIRST),
    )


def _stated_parents(agents: pl.DataFrame, lanes: KeyIndex, otherwise: Rows) -> Rows:
    """The lanes that agents name as their parents; NONE where there is no such lane."""
    named = agents.get_column("parent_agent_key")
    if named.null_count() == len(named):
        return otherwise
    return np.where(known(named), lanes.find(agents.get_column("sid"), named), otherwise)


def _stated_spawns(agents: pl.DataFrame, spans: KeyIndex, otherwise: Rows) -> Rows:
    """The spans that agents say they were spawned in; NONE where a source says that nobody knows."""
    named = agents.get_column("spawn_key")
    if named.null_count() == len(named):
        return otherwise
    found = spans.find(agents.get_column("sid"), named)
    return np.where(true(named == ""), NONE, np.where(found == NONE, otherwise, found))


@dataclass(frozen=True, slots=True)
class _Seen:
    """What spans say of each lane, or NONE. `name_row`: a span that has its name."""

    worked: Worked
    parent: Rows
    spawn: Rows
    name_row: Rows


def _seen(spans: pl.DataFrame, parents: Rows, lane: Rows, count: int) -> _Seen:
    """Where its spans of kind agent are, each lane was opened; else where its first span inside another lane's is."""
    agent, tool = are(spans, "kind", "agent"), are(spans, "kind", "tool")
    start = spans.get_column("start_ns").to_numpy()

    def first_of(rows: Rows) -> Rows:
        """The first of the rows in each lane."""
        ordered = rows[order_of(lane[rows], start[rows])]
        found = np.full(count, NONE, np.int64)
        found[lane[ordered[::-1]]] = ordered[::-1]
        return found

    opening = np.flatnonzero(agent)
    crossing = np.flatnonzero((parents != NONE) & (lane[parents] != lane) & ~agent)
    above = _of(parents, first_of(opening))
    across = _of(parents, first_of(crossing))
    in_tool = _of(parents, first_of(crossing[tool[parents[crossing]]]))
    parent = np.where(above == NONE, _of(lane, across), _of(lane, above))
    agent_row = np.full(count, NONE, np.int64)
    agent_row[lane[opening]] = opening
    agents = np.bincount(lane[opening], minlength=count)
    low, high = _extents(spans, parents, lane, count)
    seen, acts, work = _counts(spans, lane, count)
    return _Seen(
        Worked(low, high, seen, acts, work, agents, agent_row),
        parent,
        np.where(above == NONE, in_tool, above),
        first_of(opening[known(spans.get_column("name"))[opening]]),
    )


def _of(values: Rows, rows: Rows) -> Rows:
    """The values at these rows, NONE at NONE."""
    return np.where(rows == NONE, NONE, values[rows]) if len(values) else rows


def _extents(spans: pl.DataFrame, parents: Rows, lane: Rows, count: int) -> tuple[Rows, Rows]:
    """What a server does with a request is not what its agent does: it may be done with it a little later."""
    start, end = (spans.get_column(name).to_numpy() for name in ("start_ns", "end_ns"))
    own = ~views_of_requests(spans, parents)
    own |= ~(np.bincount(lane[own], minlength=count) > 0)[lane]  # of lanes that have nothing else, they count
    return extents(lane, start, end, own, count)


def _counts(spans: pl.DataFrame, lane: Rows, count: int) -> list[Rows]:
    acts = are(spans, "kind", *_ACTS)
    works = acts | are(spans, "kind", "interaction")
    return [np.bincount(lane[which], minlength=count) for which in (..., acts, works)]


def changes(group: Rows) -> Rows:
    """Where the rows of each group begin, of groups that stand together."""
    if not len(group):
        return group
    return np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))


def _first_known(column: pl.Series, order: Rows, begins: Rows) -> pl.Series:
    """Of each stretch of the order the first that is not null."""
    if not column.null_count():
        return column[order[begins]]
    place = np.where(known(column)[order], np.arange(len(order)), len(order))
    first = np.minimum.reduceat(place, begins)
    ends = np.append(begins[1:], len(order))
    return column.gather(rows_or_null(np.where(first < ends, np.append(order, NONE)[first], NONE)))
