"""Rows of a database's tables: as many as there is room for, and no further than the damage."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

from agenttrace.ingest.json_text import parsed
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.model.vocabulary import Severity

Row = tuple[Any, ...]

_COLUMNS = "SELECT name FROM pragma_table_info('{table}')"
_LEAST_ROW_BYTES = 8
"""Damaged pages may lead round in circles: there are no more rows than find room."""

DAMAGE = (sqlite3.Error, UnicodeDecodeError)
"""The second where SQLite quotes damaged bytes in what it says of them."""


class Rows:
    """What queries of one open database give."""

    def __init__(self, database: sqlite3.Connection, reader: FieldReader) -> None:
        """Nothing asked yet."""
        self._database = database
        self._reader = reader
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        (page_bytes,) = database.execute("PRAGMA page_size").fetchone()
        self._left = pages * page_bytes // _LEAST_ROW_BYTES

    @property
    def tables(self) -> set[str]:
        """Of true tables: a view, or a table that other code makes up, may never end."""
        query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE %'"
        return {name for (name,) in self._database.execute(query) if isinstance(name, str)}

    def columns(self, table: str) -> set[str]:
        """The names of a table's columns."""
        return {str(name) for (name,) in self.of(_COLUMNS.format(table=table))}

    def of(self, query: str) -> Iterator[Row]:
        """Its rows; damage ends them, and is told."""
        try:
            for row in self._database.execute(query):
                self._left -= 1
                if self._left < 0:
                    what = "more rows than there is room for: damaged pages lead round in circles"
                    self._reader.recorder.finding("damaged_database", Severity.WARNING, what)
                    return
                yield row
        except DAMAGE as error:
            tell_damage(self._reader, error)


def tell_damage(reader: FieldReader, error: Exception) -> None:
    """Where a database ends for us."""
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    what = f"the database cannot be read any further: {name}"
    reader.recorder.finding("damaged_database", Severity.WARNING, what)


def object_of(data: Any) -> dict[str, Any] | None:
    """The JSON object in a column."""
    value = parsed(data.encode(errors="replace")) if isinstance(data, str) else None
    return value if isinstance(value, dict) else None
