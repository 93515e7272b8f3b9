"""Rows that are held back until a whole source was read, in tables as chunks gave them."""

from __future__ import annotations

from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Held: TypeAlias = list[pa.Table]


def joined_tables(held: Held) -> pa.Table:
    """All rows as one table; a column that some chunks lack is null there."""
    return pa.concat_tables(held, promote_options="default").combine_chunks()


def shifted(held: Held, lines_before: int) -> Held:
    """The same rows, so many lines later."""
    if not lines_before:
        return held
    return [_shifted(table, lines_before) for table in held]


def _shifted(table: pa.Table, lines_before: int) -> pa.Table:
    place = table.column_names.index("line")
    return table.set_column(place, "line", pc.add(table["line"], pa.scalar(lines_before, pa.int64())))
