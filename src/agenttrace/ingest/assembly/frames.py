"""Raw Arrow tables as polars frames: words become ordered enumerations, so that sorting is by vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from typing import Any

import numpy as np
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

    def placed(self, origins: Sequence[int], lines_before: int) -> Frames:
        """The rows as those of these sources, so many lines into them: see `placed`."""
        return Frames(
            **{name: placed(name, frame, origins, lines_before) for name, frame in self.items().items()}
        )

    def map(self, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Frames:
        """All frames, each of them changed."""
        return Frames(**{name: change(frame) for name, frame in self.items().items()})


def placed(name: str, frame: pl.DataFrame, origins: Sequence[int], lines_before: int) -> pl.DataFrame:
    """The rows of one of `TABLES`, whose `origin` counts these sources, under the numbers that the sources have.

    All rows are so many lines into their source. Of a single one, it makes no difference what `origin` was. The column
    of lines may be left out, where none is known.
    """
    numbers = pl.Series("origin", origins, pl.Int32)
    if len(origins) == 1:
        there = [numbers.new_from_index(0, frame.height)]
    else:
        there = [numbers.gather(frame.get_column("origin"))]
    if lines_before and name == "spans" and "line" in frame.columns:
        there.append(frame.get_column("line") + lines_before)
    return put(frame, *there)


def put(frame: pl.DataFrame, *columns: pl.Series) -> pl.DataFrame:
    """The frame with these in place of its columns of the same names."""
    changed = frame.clone()
    for column in columns:
        changed.replace_column(changed.get_column_index(column.name), column)
    return changed


@cache
def enum_of(column: Column) -> pl.Enum:
    """The enumeration of a column of words, in the order of its vocabulary."""
    if column.words is None:
        message = f"{column.name} is no column of words"
        raise ValueError(message)
    return pl.Enum([word.value for word in column.words])


def frames_of(traces: Sequence[raw.RawTrace]) -> Frames:
    """The raw tables of a part of a source, or of several sources: `origin` is their place until they are placed."""
    return Frames(
        **{
            name: _frame_of(table, [getattr(trace, name) for trace in traces])
            for name, table in TABLES.items()
        }
    )


def _frame_of(table: Table, pieces: Sequence[pa.Table]) -> pl.DataFrame:
    """One raw table; columns that are nowhere known take no memory in it."""
    counts = [piece.num_rows for piece in pieces]
    if not any(counts):
        return _empty(table)
    rows = pieces[0] if len(pieces) == 1 else _in_one(pieces)
    arrays: dict[str, pa.ChunkedArray[Any]] = {}
    columns: list[pl.Expr] = []
    for column in table.columns:
        values = rows[column.name]
        if values.null_count == len(values):
            columns.append(_unknown(column))
            continue
        columns.append(pl.col(column.name))
        if pa.types.is_dictionary(values.type):
            values, words = _taken_apart(values)
            known = _vocabulary if column.words else _spelled_out
            columns[-1] = known(column, tuple(words)).gather(columns[-1])
        arrays[column.name] = values
    held = pl.DataFrame(pl.from_arrow(pa.table(arrays)))
    return held.select(*columns, _places(counts))


def _in_one(pieces: Sequence[pa.Table]) -> pa.Table:
    """Rows below each other, in memory of their own: each piece would keep some for each of its columns."""
    return pa.concat_tables(pieces).unify_dictionaries().combine_chunks()


def _places(counts: Sequence[int]) -> pl.Expr:
    """Which piece each row is of."""
    if len(counts) == 1:
        return pl.lit(0, pl.Int32).alias("origin")
    return pl.lit(pl.Series("origin", np.repeat(np.arange(len(counts), dtype=np.int32), counts)))


def _taken_apart(values: pa.ChunkedArray[Any]) -> tuple[pa.ChunkedArray[Any], list[str]]:
    """The codes of words or names, and what they stand for: so each distinct one is converted once."""
    chunks: Any = values.unify_dictionaries().chunks
    return pa.chunked_array([chunk.indices for chunk in chunks]), chunks[0].dictionary.to_pylist()


def _spelled_out(column: Column, words: tuple[str, ...]) -> pl.Expr:
    return pl.lit(pl.Series(column.name, words, dtype_of(column)))


@lru_cache(maxsize=256)
def _vocabulary(column: Column, words: tuple[str, ...]) -> pl.Expr:
    """Of words there are few lists, and they come again with every source."""
    return _spelled_out(column, words)


@cache
def _unknown(column: Column) -> pl.Expr:
    return pl.lit(None, dtype_of(column)).alias(column.name)


@cache
def dtype_of(column: Column) -> pl.DataType:
    """The type of a column of a raw table as one of a frame."""
    if column.words is not None:
        return enum_of(column)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    return pl.Series(pl.from_arrow(pa.array([], kind))).dtype


@cache
def _empty(table: Table) -> pl.DataFrame:
    columns = {column.name: dtype_of(column) for column in table.columns}
    return pl.DataFrame(schema={**columns, "origin": pl.Int32})


def complete(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The rows of one of `TABLES` with the columns that they lack, of which nothing is known."""
    known = set(frame.columns)
    columns = TABLES[name].columns
    return frame.select(
        *(column.name if column.name in known else _unknown(column) for column in columns), "origin"
    )


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


def in_one_piece(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with each column whole in memory; those that are nowhere known stay in none.

    Rows are put in another order five times as fast as those of a frame in several pieces.
    """
    return frame.rechunk()


def stacked(upper: pl.DataFrame, lower: pl.DataFrame) -> pl.DataFrame:
    """The rows of both in one piece; what the lower one has no column for is null there."""
    return in_one_piece(pl.concat([upper, lower], how="diagonal"))


WORK = ("request", "tool", "compaction")
"""Kinds of spans in which an agent itself does something."""
