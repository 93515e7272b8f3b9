"""Records of spans, also out of objects that hold many of them: data frames of pandas, and named lists."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

WRAPPERS = ("data", "spans")
"""Lists that a page of the API, and a trace of the command line client, hold spans in."""

_NAMES = frozenset({"name", "span_kind", "start_time", "end_time"})


COLUMNS = ("context.trace_id", "context.span_id", "span_kind", "start_time", "parent_id")


def is_table(columns: Collection[str]) -> bool:
    """Whether a table with these columns is a data frame of spans."""
    return all(name in columns for name in COLUMNS)


def is_span(record: Mapping[str, Any]) -> bool:
    """A span as the API has it, or a row of a data frame of spans."""
    if "span_kind" not in record or "start_time" not in record:
        return False
    context = record.get("context")
    if isinstance(context, dict):
        return "trace_id" in context or "span_id" in context
    return "context.trace_id" in record or "context.span_id" in record


def records_in(value: dict[str, Any]) -> list[dict[str, Any]]:
    """The object itself where it is one record; else the records of the frame or of the lists that it is."""
    if not value or any(isinstance(each, str | int | float) for each in value.values()):
        return [value]
    if _is_split(value):
        return _split(value)
    if all(isinstance(each, dict) for each in value.values()):
        return _columns(value) if value.keys() >= _NAMES else _index(value)
    if all(isinstance(each, list) for each in value.values()):
        return [record for each in value.values() for record in each if isinstance(record, dict)] or [value]
    return [value]


def _is_split(value: Mapping[str, Any]) -> bool:
    return all(isinstance(value.get(part), list) for part in ("columns", "index", "data"))


def _split(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    names = [str(name) for name in value["columns"]]
    rows = [row for row in value["data"] if isinstance(row, list)]
    return [
        _with_id(dict(zip(names, row, strict=False)), key)
        for key, row in zip(value["index"], rows, strict=False)
    ]


def _columns(value: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """An object for each column, with a field for each row: what pandas does if it is not asked."""
    rows: dict[str, dict[str, Any]] = {}
    for name, column in value.items():
        for key, cell in column.items():
            rows.setdefault(key, {})[name] = cell
    return [_with_id(row, key) for key, row in rows.items()]


def _index(value: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """An object for each row; one whose fields are objects too is a record of its own."""
    rows = [_with_id(row, key) for key, row in value.items() if row.keys() >= _NAMES]
    return rows if len(rows) == len(value) else [dict(value)]


def _with_id(row: dict[str, Any], key: Any) -> dict[str, Any]:
    """Phoenix's frames have the span id as their index, and some not as a column too."""
    known = "context" in row or row.get("context.span_id") is not None
    return row if known or not isinstance(key, str) else {**row, "context.span_id": key}
