"""A chunk of sessions with its path, as frames: what every measure starts from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from agenttrace.critical_path.arrays import NONE
from agenttrace.critical_path.division import BOUNDARIES
from agenttrace.critical_path.graph import Graph
from agenttrace.critical_path.segments import Segments
from agenttrace.critical_path.spans import EVIDENCE, PHASES, PURPOSES
from agenttrace.model.trace import Trace

PHASE_WORDS = pl.Enum([phase.value for phase in PHASES])
PURPOSE_WORDS = pl.Enum([purpose.value for purpose in PURPOSES])
EVIDENCE_WORDS = pl.Enum([evidence.value for evidence in EVIDENCE])


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """A chunk as frames, tied by `row`, the place of a span in it.

    `spans`: the table with `row`, `parent_row` and text instead of words. `segments`: the path with
    `row` (of its span), `session` as in the table, enumerations and `length`. `own`: the stretches of
    time that spans spend on themselves or on their children: `row`, `phase`, `start_ns`, `end_ns`.
    """

    spans: pl.DataFrame
    segments: pl.DataFrame
    own: pl.DataFrame
    agents: pl.DataFrame
    links: pl.DataFrame


def measured_chunk(trace: Trace, graph: Graph, segments: Segments) -> Chunk:
    """The frames of a chunk."""
    spans = _plain(trace.spans).with_columns(
        row=pl.int_range(pl.len(), dtype=pl.Int64),
        parent_row=pl.Series(graph.forest.parent),
        graph_start=pl.Series(graph.forest.start),
        graph_end=pl.Series(graph.forest.end),
    )
    return Chunk(
        spans, _path(graph, segments), _own_stretches(graph), _plain(trace.agents), _plain(trace.links)
    )


def _plain(table: object) -> pl.DataFrame:
    frame = pl.DataFrame(pl.from_arrow(table))  # type: ignore[arg-type]
    return frame.with_columns(pl.col(pl.Categorical).cast(pl.String))


def words(codes: np.ndarray, of: pl.Enum) -> pl.Series:
    """Codes of an enumeration as its words."""
    return pl.Series(codes.astype(np.uint8)).cat.to(of)


def _path(graph: Graph, segments: Segments) -> pl.DataFrame:
    names = pl.Series(graph.spans.names.to_pylist(), dtype=pl.String)
    return pl.DataFrame(
        {
            "session": names.gather(segments.session),
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


def _own_stretches(graph: Graph) -> pl.DataFrame:
    """Divided spans give a row for each stretch, the others one row; empty stretches are left out."""
    forest, instants = graph.forest, graph.instants
    whole = np.flatnonzero(instants.place == NONE)
    rows = instants.rows
    edges = np.column_stack([forest.start[rows], instants.at, forest.end[rows]])
    divided = np.repeat(rows, BOUNDARIES + 1)
    frame = pl.DataFrame(
        {
            "row": np.concatenate([whole, divided]),
            "code": np.concatenate([instants.whole[whole], instants.phase.reshape(-1)]).astype(np.uint8),
            "start_ns": np.concatenate([forest.start[whole], edges[:, :-1].reshape(-1)]),
            "end_ns": np.concatenate([forest.end[whole], edges[:, 1:].reshape(-1)]),
        }
    )
    frame = frame.filter(pl.col("end_ns") > pl.col("start_ns"))
    return frame.with_columns(phase=pl.col("code").cat.to(PHASE_WORDS)).drop("code")
