"""Facts by attributes of our own, on spans that agenttrace exported: what the conventions have no name for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from agenttrace.ingest import fields
from agenttrace.ingest.telemetry.concepts import coded
from agenttrace.ingest.telemetry.notes import Notes
from agenttrace.ingest.telemetry.spans import Spans
from agenttrace.ingest.telemetry.values import UNKNOWN, texts
from agenttrace.model.otel_attributes import EVIDENCE, FACTS, KIND
from agenttrace.model.schema import BOOL, FLOAT64, INT32, INT64, SPAN_FACTS, UINT64, Column
from agenttrace.model.vocabulary import Evidence

Columns = dict[str, Any]

_COLUMNS = {column.name: column for column in SPAN_FACTS if column.name in FACTS}
_INSTANTS = frozenset({"start_ns", "end_ns", "first_token_ns"})
_TIMED = {f"{bound}_ns": bound for bound in EVIDENCE}
_READERS: Mapping[pa.DataType, Callable[[Any], Any]] = {
    INT64: fields.count,
    INT32: fields.small_count,
    UINT64: fields.unsigned,
    FLOAT64: fields.number,
    BOOL: lambda text: None if text not in ("true", "false") else text == "true",
}
_EVIDENCE = tuple(Evidence)


def with_own(columns: Columns, spans: Spans, notes: Notes) -> Columns:
    """The columns of a chunk, after what spans of ours say."""
    if KIND not in spans.attributes:
        return columns
    for name, column in _COLUMNS.items():
        attribute = spans.attributes.get(FACTS[name])
        if attribute is None:
            continue
        told, unusable = {}, []
        for row, text in zip(attribute.rows.tolist(), texts(attribute.values).to_pylist(), strict=True):
            value = _value(text, column) if text else None
            if text and value is None:
                unusable.append(row)
            else:
                told[row] = value
        notes.unusable(FACTS[name], spans.line, np.array(unusable, np.int64))
        columns[name] = _overlaid(columns.get(name), told, column.type, len(spans))
        if name in _TIMED:
            known = f"{_TIMED[name]}_evidence"
            columns[known] = _overlaid(
                columns.get(known), _evidence(spans, name, told), pa.string(), len(spans)
            )
    return columns


def _value(text: str, column: Column) -> Any:
    """What it says of that column; None where that is no value of it."""
    if column.name in _INSTANTS:
        found = fields.integer(text)
        return found if found is not None and 0 <= found <= fields.LATEST_NS else None
    if column.words is not None:
        return text if text in {word.value for word in column.words} else None
    read: Callable[[Any], Any] = _READERS.get(column.type, fields.text)
    return read(text)


def _overlaid(known: Any, told: Mapping[int, Any], kind: pa.DataType, size: int) -> Any:
    values = [None] * size if known is None else known.to_pylist()
    for row, value in told.items():
        values[row] = value
    return pa.array(values, pa.string() if pa.types.is_dictionary(kind) else kind)


def _evidence(spans: Spans, name: str, told: Mapping[int, Any]) -> Mapping[int, str | None]:
    """How those values are known: as is stated beside them, else measured."""
    stated = coded(spans, EVIDENCE[_TIMED[name]], _EVIDENCE).tolist()
    words = {row: Evidence.MEASURED if stated[row] == UNKNOWN else _EVIDENCE[stated[row]] for row in told}
    return {row: None if told[row] is None else word.value for row, word in words.items()}
