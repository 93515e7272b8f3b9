"""The other reading of a chunk: no agent waits for another where nothing but times suggests that it did.

Joins between agents are inferred where no record states them: a subagent that lies within a tool call in time is
taken to be what the call waited for, and the end of background work that an agent then goes on is taken to be
used. Most often that is right. This reading leaves all of it out, as the far end of what may be the case: the
stated dependencies, and those within an agent, stay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, Bools, Ints, sums
from agenttrace.critical_path.graph import Graph, build_graph
from agenttrace.critical_path.path import find_critical_path
from agenttrace.critical_path.segments import Segments, path_segments
from agenttrace.critical_path.spans import PHASES, session_numbers, session_sizes
from agenttrace.model.trace import Trace

SCHEMA = {
    "session": pl.Int64,
    "inferred_joins": pl.Int64,
    "moved_ns": pl.Int64,
    **dict.fromkeys((f"path_{phase.value}_ns" for phase in PHASES), pl.Int64),
}


@dataclass(frozen=True, slots=True, eq=False)
class OtherReading:
    """The sessions that have inferred joins between agents, without these; `joins`: how many each had, by name."""

    trace: Trace
    graph: Graph
    joins: dict[str, int]


def without_inferred_joins(chunk: Trace, graph: Graph) -> OtherReading | None:
    """The other reading of a chunk, None where it is the same."""
    if not (graph.spans.agent > 0).any():
        return None
    lane, crosses, explicit = _lanes(chunk, graph)
    guessed = crosses & ~explicit
    held = _guessed_holders(chunk, graph, lane, crosses & explicit)
    count = len(graph.spans.first)
    joins = sums(np.ones(len(held), np.int64), graph.spans.session[held], count)
    session = session_numbers(chunk.links, graph.spans.names)
    joins += sums(np.ones(int(guessed.sum()), np.int64), session[guessed], count)
    names = graph.spans.names.to_pylist()
    affected = {str(names[at]): int(joins[at]) for at in np.flatnonzero(joins)}
    if not affected:
        return None
    blocking = graph.spans.blocking.copy()
    blocking[held] = False
    place = chunk.spans.schema.get_field_index("blocking")
    spans = chunk.spans.set_column(place, chunk.spans.schema.field(place), pa.array(blocking))
    other = replace(chunk, spans=spans, links=chunk.links.filter(pa.array(~guessed))).only(list(affected))
    return OtherReading(other, build_graph(other), affected)


def _lanes(chunk: Trace, graph: Graph) -> tuple[NDArray[np.int64], Bools, Bools]:
    """Of each link the lanes of its two ends, whether these are two, and whether it is stated."""
    spans, table = graph.spans, chunk.links
    session = session_numbers(table, spans.names)
    source, target = columns.numbers(table, "from_span"), columns.numbers(table, "to_span")
    size = session_sizes(spans)[session]
    known = (session != NONE) & (source >= 0) & (source < size) & (target >= 0) & (target < size)
    lane = np.full((2, table.num_rows), NONE, np.int64)
    for row, span in enumerate((source, target)):
        lane[row, known] = spans.agent[spans.first[session[known]] + span[known]]
    return lane, known & (lane[0] != lane[1]), columns.flags(table, "explicit")


def _guessed_holders(chunk: Trace, graph: Graph, lane: NDArray[np.int64], stated: Bools) -> Ints:
    """Spans that hold a lane of which nothing states that it is waited for; `stated` links lead between `lane`s."""
    spans, agents = graph.spans, chunk.agents
    session = session_numbers(agents, spans.names)
    number, span = columns.numbers(agents, "agent"), columns.numbers(agents, "span")
    width = 1 + int(max(spans.agent.max(initial=0), number.max(initial=0)))
    link_session = session_numbers(chunk.links, spans.names)[stated]
    told = np.concatenate([link_session * width + lane[row, stated] for row in (0, 1)])
    row = np.where(session == NONE, 0, spans.first[session] + span)
    made = columns.nulls(chunk.spans, "source_id")[row]
    inferred = columns.booleans(agents, "spawn_inferred")
    unknown = columns.numbers(agents, "spawning_span") == NONE
    open_ = (session != NONE) & (number > 0) & ~columns.flags(agents, "background") & spans.blocking[row]
    open_ &= ~np.isin(session * width + number, told) & (inferred | (unknown & made))
    return row[open_]


def reading_table(graph: Graph, segments: Segments, other: OtherReading | None) -> pl.DataFrame:
    """One row a session that has another reading: its path by phase there, and how much of the path moved."""
    if other is None:
        return pl.DataFrame(schema=SCHEMA)
    names = [str(name) for name in other.graph.spans.names.to_pylist()]
    place = {str(name): at for at, name in enumerate(graph.spans.names.to_pylist())}
    at = np.array([place[name] for name in names])
    here = _by_phase(segments, len(place))[at]
    there = _by_phase(path_segments(other.graph, find_critical_path(other.graph)), len(names))
    moved = np.abs(here - there).sum(axis=1) // 2
    columns_of = {f"path_{phase.value}_ns": there[:, code] for code, phase in enumerate(PHASES)}
    counted = [other.joins[name] for name in names]
    return pl.DataFrame(
        {"session": at, "inferred_joins": counted, "moved_ns": moved, **columns_of}, schema=SCHEMA
    )


def _by_phase(segments: Segments, sessions: int) -> NDArray[np.int64]:
    cell = segments.session * len(PHASES) + segments.phase
    return sums(segments.length, cell, sessions * len(PHASES)).reshape(sessions, len(PHASES))
