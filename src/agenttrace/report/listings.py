"""Lists of what is known, as sections: tables, columns, facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agenttrace.report.cells import Column, Quoted, Section, Words

if TYPE_CHECKING:
    from agenttrace.model.schema import Column as TableColumn
    from agenttrace.model.schema import Table


def table_section(tables: Sequence[Table]) -> Section:
    """Each table and what one of its rows is."""
    return Section(
        "Tables",
        (Column("table", "text"), Column("columns"), Column("one row is", "text")),
        tuple((Words(t.name, "strong"), Words(str(len(t.columns))), Quoted(t.row, "lines")) for t in tables),
        ("agenttrace schema TABLE shows its columns; null means that the source did not say",),
    )


def column_section(table: Table) -> Section:
    """Each column of a table: type, whether it may be null, unit, meaning and the words that it holds."""
    return Section(
        f"{table.name}: one row is {table.row}",
        (*(Column(title, "text") for title in ("column", "type", "null", "unit", "meaning")),),
        tuple(
            (
                Words(column.name, "strong"),
                Words(_type(column)),
                Words("yes" if column.nullable else "", "faint"),
                Words(column.unit or "", "faint"),
                Quoted(_meaning(column), "lines"),
            )
            for column in table.columns
        ),
    )


def pair_section(title: str, pairs: Sequence[tuple[str, str]]) -> Section:
    """Names and what is said of each."""
    rows = tuple((Words(name, "faint"), Quoted(text, "lines")) for name, text in pairs)
    return Section(title, (Column("", "text"), Column("", "text")), rows)


def _type(column: TableColumn) -> str:
    if column.words is not None:
        return "word"
    return (
        str(getattr(column.type, "value_type", column.type))
        if "dictionary" in str(column.type)
        else str(column.type)
    )


def _meaning(column: TableColumn) -> str:
    words = f": {', '.join(word.value for word in column.words)}" if column.words else ""
    return column.meaning + words
