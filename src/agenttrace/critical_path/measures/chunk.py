"""A chunk of sessions with its path, as frames: what every measure starts from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
import pyarrow as pa

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, Bools, Codes, Ints
from agenttrace.critical_path.division import BOUNDARIES
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.margins import Margins
from agenttrace.critical_path.segments import Segments
from agenttrace.critical_path.spans import EVIDENCE, KINDS, PHASES, PURPOSES, SpanArrays, session_numbers
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import LinkKind, SpanKind

KIND_WORDS = pl.Enum([kind.value for kind in KINDS])
PHASE_WORDS = pl.Enum([phase.value for phase in PHASES])
PURPOSE_WORDS = pl.Enum([purpose.value for purpose in PURPOSES])
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
    spans: pl.DataFrame
    segments: pl.DataFrame
    agents: pl.DataFrame
    uses: pl.DataFrame
    stated: Bools
    begins: Ints

    @cached_property
    def own(self) -> pl.DataFrame:
        """See above."""
        own = own_stretches(self.graph)
        phase = words(own.phase, PHASE_WORDS)
        return pl.DataFrame({"row": own.row, "phase": phase, "start_ns": own.start, "end_ns": own.end})


def measured_chunk(trace: Trace, graph: Graph, segments: Segments, margins: Margins) -> Chunk:
    """The frames of a chunk."""
    spans, forest = graph.spans, graph.forest
    frame = pl.DataFrame(pl.from_arrow(trace.spans.select(_FACTS))).with_columns(
        session=pl.Series(spans.session),
        row=pl.int_range(pl.len(), dtype=pl.Int64),
        kind=words(spans.kind, KIND_WORDS),
        purpose=words(spans.purpose, PURPOSE_WORDS),
        parent_row=pl.Series(forest.parent),
        graph_start=pl.Series(forest.start),
        graph_end=pl.Series(forest.end),
        slack_ns=known(margins.slack, margins.awaited),
        drag_ns=known(margins.drag, margins.drag != NONE),
        round_way_ns=known(margins.round_way, margins.round_way != NONE),
    )
    names = pl.Series("session", spans.names.to_pylist(), dtype=pl.String)
    return Chunk(
        table=trace.spans,
        graph=graph,
        path=segments,
        margins=margins,
        names=names,
        spans=frame,
        segments=_path(segments),
        agents=agent_frame(trace, spans),
        uses=_uses(trace, spans),
        stated=_stated(trace, spans),
        begins=_begins(trace, graph),
    )


def known(values: Ints, where: Bools) -> pl.Series:
    """Values as a column, null where they are not known."""
    return pl.Series(pa.array(values, mask=~where))


def words(codes: np.ndarray, of: pl.Enum) -> pl.Series:
    """Codes of an enumeration as its words."""
    return pl.Series(codes.astype(np.uint8)).cat.to(of)


def _stated(trace: Trace, spans: SpanArrays) -> np.ndarray:
    stated = np.zeros(len(spans), np.bool_)
    if trace.links.num_rows:
        session, source = session_numbers(trace.links, spans.names), columns.numbers(trace.links, "from_span")
        told = columns.flags(trace.links, "explicit") & (session != NONE) & (source != NONE)
        stated[spans.first[session[told]] + source[told]] = True
    return stated


def _begins(trace: Trace, graph: Graph) -> Ints:
    spans, links = graph.spans, trace.links
    begins = graph.forest.start.copy()
    session = session_numbers(links, spans.names)
    source, target = (columns.numbers(links, name) for name in ("from_span", "to_span"))
    feeds = columns.codes(links, "kind", LinkKind) == list(LinkKind).index(LinkKind.FEEDS)
    told = np.flatnonzero(feeds & (session != NONE) & (source != NONE) & (target != NONE))
    if len(told):
        first = spans.first[session[told]]
        of, to = first + source[told], first + target[told]
        calls = spans.is_kind(SpanKind.TOOL)[of]
        np.maximum.at(begins, to[calls], graph.forest.end[of[calls]])
    return begins


def _uses(trace: Trace, spans: SpanArrays) -> pl.DataFrame:
    links = trace.links
    session = session_numbers(links, spans.names)
    source, target = (columns.numbers(links, name) for name in ("from_span", "to_span"))
    joins = columns.codes(links, "kind", LinkKind) == list(LinkKind).index(LinkKind.JOINS)
    told = np.flatnonzero(joins & (session != NONE) & (source != NONE) & (target != NONE))
    first = spans.first[session[told]] if len(told) else told
    return pl.DataFrame(
        {
            "row": first + source[told],
            "to_row": first + target[told],
            "explicit": columns.flags(links, "explicit")[told],
            "rule": _names(links, told),
            "confidence": pl.Series(links.column("confidence")).cast(pl.Float64).gather(told),
        }
    )


def _names(links: pa.Table, rows: Ints) -> pl.Series:
    """The rules of links that are inferred, null of the others."""
    rule, names = columns.dictionary(links, "rule")
    rule = np.where(columns.flags(links, "explicit"), NONE, rule)[rows]
    return pl.Series([None if at == NONE else names[at] for at in rule.tolist()], dtype=pl.String)


def agent_frame(trace: Trace, spans: SpanArrays) -> pl.DataFrame:
    """The agents of a chunk, as `Chunk.agents` has them."""
    facts = ["agent", "parent_agent", "span", "spawning_span", "spawn_inferred", "name", "type", "source_id"]
    session = session_numbers(trace.agents, spans.names)
    first = pl.Series(spans.first[session] if len(spans) else session)
    return (
        pl.DataFrame(pl.from_arrow(trace.agents.select(facts)))
        .with_columns(pl.col(pl.Categorical).cast(pl.String))
        .select(
            "agent",
            "parent_agent",
            session=pl.Series(session),
            row=first + pl.col("span"),
            spawn_row=first + pl.col("spawning_span"),
            spawn_inferred=pl.col("spawn_inferred").fill_null(value=False),
            called=pl.coalesce("name", "type", "source_id"),
            kind_of=pl.coalesce("type", "name"),
        )
        .filter(pl.col("session") != NONE)
    )


def _path(segments: Segments) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "session": segments.session,
            "row": segments.span,
            "phase": words(segments.phase, PHASE_WORDS),
            "purpose": words(segments.purpose, PURPOSE_WORDS),
            "evidence": words(segments.evidence, EVIDENCE_WORDS),
            "inferred": segments.inferred,
            "start_ns": segments.start,
            "end_ns": segments.end,
            "length": segments.end - segments.start,
        }
    )


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
