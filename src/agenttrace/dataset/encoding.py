"""How a table becomes a Parquet file, and comes back."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from agenttrace.dataset.location import Location
from agenttrace.model.schema import Table

GROUP_ROWS = 16_384
"""Rows of a row group: what is read of a table to see one session, if it has no more."""

_STATISTICS = ("session", "start_ns", "end_ns", "code", "source", "id")
"""Columns by which a reader may skip row groups."""

_LIKE_ITS_NEIGHBOUR = ("source_id", "request_id", "client_request_id", "path", "id")
"""Text that begins like that of the row before."""


def write_table(table: pa.Table, place: Location) -> int:
    """The size of the file in bytes. The same table gives the same bytes."""
    bare = _bare(table)
    names = [field.name for field in bare.schema if _repeats(field)]

    def fill(file: pa.NativeFile) -> int:
        pq.write_table(
            bare,
            file,
            row_group_size=GROUP_ROWS,
            compression="zstd",
            compression_level=3,
            use_dictionary=names,  # type: ignore[arg-type]  # a list is allowed
            column_encoding=_encodings(bare.schema),
            write_statistics=[name for name in _STATISTICS if name in bare.column_names],
        )
        return file.tell()

    return place.write(fill)


def read_table(
    declared: Table,
    place: Location,
    columns: Sequence[str] | None = None,
    sessions: Sequence[str] | None = None,
) -> pa.Table:
    """The declared table; columns that are not asked for are null, and row groups of other sessions stay unread.

    `sessions`: names; null stands for all. Columns that may not be null are always read.
    """
    schema = declared.arrow
    wanted = [
        field.name for field in schema if columns is None or not field.nullable or field.name in columns
    ]
    with place.open() as file:
        parquet = pq.ParquetFile(file)
        there = set(parquet.schema_arrow.names)
        groups = _groups_of(parquet, sessions)
        found = parquet.read_row_groups(groups, [name for name in wanted if name in there])
    if sessions is not None:
        found = found.filter(pc.is_in(found["session"], value_set=pa.array(sessions, pa.string())))
    known = set(found.column_names)
    arrays = [
        _cast(found[field.name], field.type) if field.name in known else pa.nulls(found.num_rows, field.type)
        for field in schema
    ]
    return pa.table(arrays, schema=schema)


def _groups_of(parquet: pq.ParquetFile, sessions: Sequence[str] | None) -> list[int]:
    """The row groups whose statistics allow one of the sessions."""
    about = parquet.metadata
    if sessions is None:
        return list(range(about.num_row_groups))
    place = parquet.schema_arrow.get_field_index("session")
    ordered = sorted(sessions)
    found = []
    for number in range(about.num_row_groups):
        statistics = about.row_group(number).column(place).statistics
        if statistics is None or not statistics.has_min_max:
            found.append(number)
            continue
        least, most = str(statistics.min), str(statistics.max)
        if bisect_left(ordered, least) < bisect_right(ordered, most):
            found.append(number)
    return found


def _bare(table: pa.Table) -> pa.Table:
    """Without what the schema says in words: it would be as long as the rows of a small file."""
    schema = pa.schema([field.remove_metadata() for field in table.schema])
    return pa.table(table.unify_dictionaries().columns, schema=schema)


def _repeats(field: pa.Field[Any]) -> bool:
    return pa.types.is_dictionary(field.type) or field.name in {"session", "kv_hint", "deployment"}


def _encodings(schema: pa.Schema) -> dict[str, str]:
    found = {}
    for field in schema:
        if _repeats(field):
            continue
        if pa.types.is_int64(field.type) or pa.types.is_int32(field.type):
            found[field.name] = "DELTA_BINARY_PACKED"
        elif field.name in _LIKE_ITS_NEIGHBOUR:
            found[field.name] = "DELTA_BYTE_ARRAY"
    return found


def _cast(column: pa.ChunkedArray[Any], to: pa.DataType) -> pa.ChunkedArray[Any]:
    cast: pa.ChunkedArray[Any] = column if column.type == to else column.cast(to)
    return cast
