"""Rows out of what a query returns: one object a row, or one list a column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.json_text import parsed

WRAPPERS = ("data", "rows")
"""The lists that the second and the first version of the query API hold rows in; messages of a stream too."""
NEEDED = frozenset({"trace_id", "span_id", "start_timestamp"})
"""Columns without which a row is no span."""
_TYPED = ("level", "duration", "is_exception")
_MESSAGES = frozenset({"schema", "explain", "end"})


def is_row(record: Mapping[str, Any]) -> bool:
    """A row of `records` with enough columns to be a span."""
    return all(record.get(name) is not None for name in NEEDED)


def is_table(record: Mapping[str, Any]) -> bool:
    """A result by column, which has the columns that a row needs."""
    return {name for name, _ in _columns(record)} >= NEEDED


def is_schema(record: Mapping[str, Any]) -> bool:
    """The first message of a stream, which names the columns of all that follow."""
    schema = record.get("schema")
    fields = schema.get("fields") if isinstance(schema, dict) else None
    told = fields if isinstance(fields, list) else []
    names = [each.get("name") for each in told if isinstance(each, dict)]
    return all(name in names for name in NEEDED)


def is_message(record: Mapping[str, Any]) -> bool:
    """A message of a stream of rows that is about the stream."""
    kind = record.get("type")
    return isinstance(kind, str) and kind in _MESSAGES and "trace_id" not in record


def rows_of(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a result by column; the record itself where it is none. Short columns end in nulls."""
    columns = _columns(record)
    if not columns:
        return [record]
    height = max(len(values) for _, values in columns)
    rows: list[dict[str, Any]] = [{} for _ in range(height)]
    for name, values in columns:
        for row, value in zip(rows, values, strict=False):
            row[name] = value
    return rows


def typed(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a CSV, where all is text, with its numbers as such, and what is true or false."""
    found = {name: parsed(row[name].encode(errors="replace")) for name in _TYPED if name in row}
    return {**row, **{name: value for name, value in found.items() if isinstance(value, int | float)}}


def _columns(record: Mapping[str, Any]) -> list[tuple[str, list[Any]]]:
    columns = record.get("columns")
    told = [each for each in columns if isinstance(each, dict)] if isinstance(columns, list) else []
    return [
        (each["name"], each["values"])
        for each in told
        if isinstance(each.get("name"), str) and isinstance(each.get("values"), list)
    ]
