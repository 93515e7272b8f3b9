"""Documents that hold a table by columns: which row a value belongs to, and the rows as objects."""

from __future__ import annotations

from typing import Any

from damage_values import Path

Value = Any
"""What stands in a document: of any type."""


_ANY_OF = frozenset({"columns", "span_kind", "start_time"})
"""Every table has a key of these."""


def rows_in(document: Value) -> dict[str, dict[str, Value]]:
    """The rows by their key, or their number; none where it is no such table. A row's key is its `id` too.

    As pandas writes a data frame: {"name": {KEY: cell}}. As Logfire's query API does: {"columns": [{"name",
    "values": [cell]}]}.
    """
    rows: dict[str, dict[str, Value]] = {}
    for name, cells in _columns(document):
        for key, cell in cells:
            rows.setdefault(key, {"id": key})[name] = cell
    return rows


def row_of(path: Path) -> str | None:
    """The key of the one row that the value at a path belongs to; None where it belongs to more."""
    if len(path) >= 4 and path[0] == "columns":
        return str(path[3]) if path[2] == "values" else None
    return str(path[1]) if len(path) >= 2 and path[0] != "columns" else None


def _columns(document: Value) -> list[tuple[str, list[tuple[str, Value]]]]:
    if not isinstance(document, dict) or not document.keys() & _ANY_OF:
        return []
    columns = document.get("columns")
    if isinstance(columns, list):
        told = [each for each in columns if isinstance(each, dict) and isinstance(each.get("values"), list)]
        return [
            (str(each.get("name")), [(str(n), cell) for n, cell in enumerate(each["values"])])
            for each in told
        ]
    if len(document) > 1 and all(isinstance(each, dict) for each in document.values()):
        return [(name, list(cells.items())) for name, cells in document.items()]
    return []
