"""Raw Arrow tables as polars frames: words become ordered enumerations, so that sorting is by vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from agenttrace.ingest import raw
from agenttrace.model.schema import Column, Table

TOLERANCE_NS = 2_000_000
"""Bounds of one record, seen twice, may differ by so much: whole-millisecond clocks round each end."""


@dataclass(frozen=True, slots=True)
class Frames:
    """All sources together, each row with its `origin` (index of the source)."""

    spans: pl.DataFrame
    agents: pl.DataFrame
    marks: pl.DataFrame
    links: pl.DataFrame
    prefixes: pl.DataFrame
    sessions: pl.DataFrame
    key_edges: pl.DataFrame


def enum_of(column: Column) -> pl.Enum:
    """The enumeration of a column of words, in the order of its vocabulary."""
    if column.words is None:
        message = f"{column.name} is no column of words"
        raise ValueError(message)
    return pl.Enum([word.value for word in column.words])


def frame_of(table: Table, parts: Sequence[pa.Table]) -> pl.DataFrame:
    """The parts below each other, with the position of each part as `origin`."""
    frames = [
        _converted(table, pl.DataFrame(pl.from_arrow(part))).with_columns(origin=pl.lit(index, pl.Int32))
        for index, part in enumerate(parts)
        if part.num_rows
    ]
    return pl.concat(frames) if frames else _empty(table)


def _converted(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    casts = []
    for column in table.columns:
        if column.words is not None:
            casts.append(pl.col(column.name).cast(pl.String).cast(enum_of(column)))
        elif pa.types.is_dictionary(column.type):
            casts.append(pl.col(column.name).cast(pl.String))
    return frame.with_columns(casts)


def _empty(table: Table) -> pl.DataFrame:
    frame = pl.DataFrame(pl.from_arrow(table.arrow.empty_table()))
    return _converted(table, frame).with_columns(origin=pl.lit(0, pl.Int32))


def combine(traces: Sequence[raw.RawTrace]) -> Frames:
    """One frame for each raw table."""
    return Frames(
        spans=frame_of(raw.RAW_SPANS, [trace.spans for trace in traces]),
        agents=frame_of(raw.RAW_AGENTS, [trace.agents for trace in traces]),
        marks=frame_of(raw.RAW_MARKS, [trace.marks for trace in traces]),
        links=frame_of(raw.RAW_LINKS, [trace.links for trace in traces]),
        prefixes=frame_of(raw.RAW_PREFIXES, [trace.prefixes for trace in traces]),
        sessions=frame_of(raw.RAW_SESSIONS, [trace.sessions for trace in traces]),
        key_edges=frame_of(raw.RAW_KEY_EDGES, [trace.key_edges for trace in traces]),
    )
