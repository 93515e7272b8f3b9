"""A chunk of sessions with its path, as frames: what every measure starts from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, Bools, Codes, Ints, packed, sorting
from agenttrace.critical_path.division import BOUNDARIES
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.margins import Margins
from agenttrace.critical_path.segments import Segments
from agenttrace.critical_path.spans import EVIDENCE, KINDS, PHASES, PURPOSES, SpanArrays, session_numbers
from agenttrace.model.frames import frame_of
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import LinkKind, SpanKind

KIND_WORDS = pl.Enum([kind.value for kind in KINDS])
PHASE_WORDS = pl.Enum([phase.value for phase in PHASES])
PURPOSE_WORDS = pl.Enum([purpose.value for purpose in PURPOSES])
_FEEDS, _JOINS = (list(LinkKind).index(kind) for kind in (LinkKind.FEEDS, LinkKind.JOINS))
EVIDENCE_WORDS = pl.Enum([evidence.value for evidence in EVIDENCE])

_FACTS = (
    "span", "agent", "turn", "source", "line", "name", "start_ns", "blocking", "status", "attempt",
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "first_token_ns", "itl_ns",
    "decode_ns", "cache_miss_reason", "tokens_before", "tokens_after", "model", "worker", "priority",
    "queue_depth",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Own:
    """Stretches of time that spans spend on themselves or on their children; none of no length."""

    row: Ints
    phase: Codes
    start: Ints
    end: Ints


@dataclass(frozen=True, eq=False)
class Chunk:
    """A chunk as frames, tied by `row`, the place of a span in it, and by `session`, the number of a session.

    `names`: of the sessions. `spans`: what measures ask of the table, with `row`, `parent_row`, the bounds
    of the graph, its margins (`slack_ns`, `drag_ns`, `round_way_ns`: margins.py, null where there is none).
    `stated`: of each span whether an explicit link leads from it; `begins`: its start, or the end of a tool call
    that it waited for, where clocks have that later. `segments`: the path with `row` (of
    its span), enumerations and `length`. `own`: the stretches of `Own`, with `row`, `phase`, `start_ns`,
    `end_ns`. `agents`: with the `row` of the span that holds each,
    `spawn_row` (null where not known), whether that is `spawn_inferred`, what it is `called`, and its `kind_of`
    agent. `uses`: links of the kind joins, from the span at `row` to that at `to_row`, with whether they are
    `explicit`, their `rule` and their `confidence`.
    What is added up is taken from the arrays of the `graph`, the `path`, the `margins` and the `table` of spans.
    """

    table: pa.Table
    graph: Graph
    path: Segments
    margins: Margins
    names: pl.Series
    agents: pl.DataFrame
    uses: pl.DataFrame
    stated: Bools
    begins: Ints

    @cached_property
    def spans(self) -> pl.DataFrame:
        """See above."""
        return self.facts(None, *_FACTS, *_FOUND)

    def facts(self, rows: Ints | None, *names: str) -> pl.DataFrame:
        """Columns of `spans`, of these rows or of all."""
        told = [name for name in names if name not in _FOUND]
        table = self.table.select(told).unify_dictionaries()
        if rows is not None:
            at: pa.Array[Any] = pa.array(rows)
            table = table.take(at)
        frame = frame_of(table)
        stated = dict(zip(told, frame, strict=True))
        every = slice(None) if rows is None else rows
        return pl.DataFrame(
            [stated[name] if name in stated else pl.Series(name, _FOUND[name](self, every)) for name in names]
        )

    def lanes(self, session: Ints, agent: Ints) -> Ints:
        """The rows of `agents` with these sessions and numbers; NONE for one that is not there."""
        count = self.agents.height
        own = (self.agents.get_column(name).to_numpy() for name in ("session", "agent"))
        key = packed(*(np.concatenate(pair) for pair in zip(own, (session, agent), strict=True)))
        order = sorting(key[:count])
        place = np.searchsorted(key[order], key[count:])
        there = np.append(key[order], NONE)[place] == key[count:]
        return np.where(there, np.append(order, NONE)[place], NONE)

    @cached_property
    def segments(self) -> pl.DataFrame:
        """See above."""
        path = self.path
        return pl.DataFrame(
            {
                "session": path.session,
                "row": path.span,
                "phase": words(path.phase, PHASE_WORDS),
                "purpose": words(path.purpose, PURPOSE_WORDS),
                "evidence": words(path.evidence, EVIDENCE_WORDS),
                "inferred": path.inferred,
                "start_ns": path.start,
                "end_ns": path.end,
                "length": path.length,
            }
        )

    @cached_property
    def own(self) -> pl.DataFrame:
        """See above."""
        own = own_stretches(self.graph)
        phase = words(own.phase, PHASE_WORDS)
        return pl.DataFrame({"row": own.row, "phase": phase, "start_ns": own.start, "end_ns": own.end})


def measured_chunk(trace: Trace, graph: Graph, segments: Segments, margins: Margins) -> Chunk:
    """The frames of a chunk."""
    return Chunk(
        trace.spans,
        graph,
        segments,
        margins,
        pl.Series("session", graph.spans.names.to_pylist(), dtype=pl.String),
        agent_frame(trace, graph.spans),
        *_told_by_links(trace, graph),
    )


_Found: TypeAlias = Callable[[Chunk, Any], np.ndarray | pl.Series]

_FOUND: dict[str, _Found] = {
    "session": lambda chunk, rows: chunk.graph.spans.session[rows],
    "row": lambda chunk, rows: np.arange(len(chunk.graph.spans))[rows],
    "kind": lambda chunk, rows: words(chunk.graph.spans.kind[rows], KIND_WORDS),
    "purpose": lambda chunk, rows: words(chunk.graph.spans.purpose[rows], PURPOSE_WORDS),
    "parent_row": lambda chunk, rows: chunk.graph.forest.parent[rows],
    "graph_start": lambda chunk, rows: chunk.graph.forest.start[rows],
    "graph_end": lambda chunk, rows: chunk.graph.forest.end[rows],
    "slack_ns": lambda chunk, rows: known(chunk.margins.slack[rows], chunk.margins.awaited[rows]),
    "drag_ns": lambda chunk, rows: _if_there(chunk.margins.drag[rows]),
    "round_way_ns": lambda chunk, rows: _if_there(chunk.margins.round_way[rows]),
}
"""What of `Chunk.spans` no column of the table says: all, or some rows."""


def _if_there(values: Ints) -> pl.Series:
    return known(values, values != NONE)


def known(values: Ints, where: Bools) -> pl.Series:
    """Values as a column, null where they are not known."""
    return pl.Series(pa.array(values, mask=~where))


def words(codes: np.ndarray, of: pl.Enum) -> pl.Series:
    """Codes of an enumeration as its words."""
    return pl.Series(codes.astype(np.uint8)).cat.to(of)


def _told_by_links(trace: Trace, graph: Graph) -> tuple[pl.DataFrame, Bools, Ints]:
    """`uses`, `stated` and `begins` of a chunk."""
    spans, links = graph.spans, trace.links
    stated, begins = np.zeros(len(spans), np.bool_), graph.forest.start.copy()
    session = session_numbers(links, spans.names)
    source, target = (columns.numbers(links, name) for name in ("from_span", "to_span"))
    explicit, kind = columns.flags(links, "explicit"), columns.codes(links, "kind", LinkKind)
    told = np.flatnonzero(explicit & (session != NONE) & (source != NONE))
    stated[spans.first[session[told]] + source[told]] = True
    there = np.flatnonzero((session != NONE) & (source != NONE) & (target != NONE))
    first = spans.first[session[there]]
    of, to, kind = first + source[there], first + target[there], kind[there]
    calls = np.flatnonzero((kind == _FEEDS) & spans.is_kind(SpanKind.TOOL)[of])
    np.maximum.at(begins, to[calls], graph.forest.end[of[calls]])
    joins = np.flatnonzero(kind == _JOINS)
    return _uses(links, there[joins], of[joins], to[joins]), stated, begins


def _uses(links: pa.Table, joins: Ints, row: Ints, to_row: Ints) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": row,
            "to_row": to_row,
            "explicit": columns.flags(links, "explicit")[joins],
            "rule": _names(links, joins),
            "confidence": pl.Series(links.column("confidence")).cast(pl.Float64).gather(joins),
        }
    )


def _names(links: pa.Table, rows: Ints) -> pl.Series:
    """The rules of links that are inferred, null of the others."""
    rule, names = columns.dictionary(links, "rule")
    rule = np.where(columns.flags(links, "explicit"), NONE, rule)[rows]
    return pl.Series([None if at == NONE else names[at] for at in rule.tolist()], dtype=pl.String)


def agent_frame(trace: Trace, spans: SpanArrays) -> pl.DataFrame:
    """The agents of a chunk, as `Chunk.agents` has them."""
    table = trace.agents
    session = session_numbers(table, spans.names)
    first = spans.first[session] if len(spans) else session
    spawn = columns.numbers(table, "spawning_span")
    name, kind, source = (table.column(of).cast(pa.string()) for of in ("name", "type", "source_id"))
    frame = pl.DataFrame(
        {
            "agent": pl.Series(table.column("agent")),
            "parent_agent": pl.Series(table.column("parent_agent")),
            "session": session,
            "row": first + columns.numbers(table, "span"),
            "spawn_row": known(first + spawn, spawn != NONE),
            "spawn_inferred": columns.booleans(table, "spawn_inferred"),
            "called": pl.Series(pc.coalesce(name, kind, source)),
            "kind_of": pl.Series(pc.coalesce(kind, name)),
        }
    )
    return frame if (session != NONE).all() else frame.filter(pl.col("session") != NONE)


def own_stretches(graph: Graph) -> Own:
    """Divided spans give a row for each stretch, the others one row; empty stretches are left out."""
    forest, instants = graph.forest, graph.instants
    whole = np.flatnonzero(instants.place == NONE)
    rows = instants.rows
    edges = np.column_stack([forest.start[rows], instants.at, forest.end[rows]])
    start = np.concatenate([forest.start[whole], edges[:, :-1].reshape(-1)])
    end = np.concatenate([forest.end[whole], edges[:, 1:].reshape(-1)])
    row = np.concatenate([whole, np.repeat(rows, BOUNDARIES + 1)])
    phase = np.concatenate([instants.whole[whole], instants.phase.reshape(-1)])
    lasts = end > start
    return Own(row[lasts], phase[lasts], start[lasts], end[lasts])
