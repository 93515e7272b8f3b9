"""Raw Arrow tables as polars frames: words become ordered enumerations, so that sorting is by vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache

import polars as pl
import pyarrow as pa

from agenttrace.ingest import raw
from agenttrace.model.schema import Column, Table

TOLERANCE_NS = 2_000_000
"""Bounds of one record, seen twice, may differ by so much: whole-millisecond clocks round each end."""

TABLES: Mapping[str, Table] = {
    "spans": raw.RAW_SPANS,
    "agents": raw.RAW_AGENTS,
    "marks": raw.RAW_MARKS,
    "links": raw.RAW_LINKS,
    "calls": raw.RAW_CALLS,
    "prefixes": raw.RAW_PREFIXES,
    "sessions": raw.RAW_SESSIONS,
}
"""The raw tables whose rows belong to sessions, by their place in `Frames`."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Raw rows of any sources, each with its `origin` (index of the source)."""

    spans: pl.DataFrame
    agents: pl.DataFrame
    marks: pl.DataFrame
    links: pl.DataFrame
    calls: pl.DataFrame
    prefixes: pl.DataFrame
    sessions: pl.DataFrame

    def items(self) -> dict[str, pl.DataFrame]:
        """The frames by their names."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def placed(self, origin: int, lines_before: int) -> Frames:
        """The rows as those of that source, so many lines into it."""
        of_source = pl.lit(origin, pl.Int32)
        placed = {name: frame.with_columns(origin=of_source) for name, frame in self.items().items()}
        if lines_before:
            placed["spans"] = placed["spans"].with_columns(pl.col("line") + lines_before)
        return Frames(**placed)


@cache
def enum_of(column: Column) -> pl.Enum:
    """The enumeration of a column of words, in the order of its vocabulary."""
    if column.words is None:
        message = f"{column.name} is no column of words"
        raise ValueError(message)
    return pl.Enum([word.value for word in column.words])


def frames_of(trace: raw.RawTrace) -> Frames:
    """The raw tables of a part of a source, which counts as the first one until it is placed."""
    return Frames(**{name: _frame_of(table, getattr(trace, name)) for name, table in TABLES.items()})


def _frame_of(table: Table, rows: pa.Table) -> pl.DataFrame:
    if not rows.num_rows:
        return _empty(table)
    return _converted(table, rows).with_columns(origin=pl.lit(0, pl.Int32))


def _converted(table: Table, rows: pa.Table) -> pl.DataFrame:
    frame = pl.DataFrame(pl.from_arrow(rows))
    casts = []
    for column in table.columns:
        if column.words is not None:
            casts.append(pl.col(column.name).cast(pl.String).cast(enum_of(column)))
        elif pa.types.is_dictionary(column.type):
            casts.append(pl.col(column.name).cast(pl.String))
    return frame.with_columns(casts)


@cache
def _empty(table: Table) -> pl.DataFrame:
    return _converted(table, table.empty).with_columns(origin=pl.lit(0, pl.Int32))


def together(parts: Sequence[Frames]) -> Frames:
    """The rows of all parts, below each other."""
    return Frames(
        **{name: _below(table, [getattr(part, name) for part in parts]) for name, table in TABLES.items()}
    )


def _below(table: Table, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    held = [frame for frame in frames if frame.height]
    if len(held) < 2:
        return held[0] if held else _empty(table)
    return pl.concat(held)
