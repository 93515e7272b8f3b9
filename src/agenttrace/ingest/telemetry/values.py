"""Attribute values: from what a decoder found to Arrow columns, and from these to numbers.

A column has the type of its values: text, integer, double or boolean. Where the spans of a batch disagree
(exporters write 12 and "12"), it is text, and read as a number only where a number is wanted.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest import fields
from agenttrace.ingest.telemetry.arrow import Ints, Texts, equals, filled, lower, matches

Scalar: TypeAlias = "str | int | float | bool | None"

UNKNOWN = -1
"""In arrays of instants, durations and counts, none of which is negative."""

_ARROW_TYPES: dict[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
}
_MANTISSA = 2**53
LARGEST = 2**63 - 1
"""In the place of instants out of range."""


def column_of(values: Sequence[Scalar]) -> Texts:
    """Values of one type as that type; a mixture, and what does not fit, as text."""
    kinds = set(map(type, values))
    if len(kinds) == 1 and (wanted := _ARROW_TYPES.get(next(iter(kinds)))) is not None:
        try:
            return pa.array(values, wanted)
        except (pa.ArrowInvalid, OverflowError, UnicodeEncodeError):
            pass
    return pa.array([_as_text(value) for value in values], pa.string())


def column_of_texts(values: Sequence[str | None]) -> Texts:
    """Text; what cannot be written as UTF-8 is replaced."""
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array([_as_text(value) for value in values], pa.string())


def concatenated(parts: Sequence[Texts]) -> Texts:
    """One column of several, as text if their types differ."""
    if len(parts) == 1:
        return parts[0]
    if len({part.type for part in parts}) > 1:
        parts = [texts(part) for part in parts]
    return pa.concat_arrays(parts)


def texts(column: Texts) -> Texts:
    """The column as text."""
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_floating(column.type):
        return pa.array([_as_text(value) for value in column.to_pylist()], pa.string())
    return column.cast(pa.string())


def floats(column: Texts) -> NDArray[np.float64]:
    """The column as numbers; NaN where it is none."""
    if pa.types.is_string(column.type):
        try:
            column = column.cast(pa.float64())
        except pa.ArrowInvalid:
            found = [fields.number(value) for value in column.to_pylist()]
            return np.array([np.nan if value is None else value for value in found], dtype=np.float64)
    elif pa.types.is_boolean(column.type):
        return np.full(len(column), np.nan)
    numbers: NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def integers(column: Texts) -> Ints:
    """The column as integers that are not negative; UNKNOWN where it holds none."""
    if pa.types.is_boolean(column.type):
        return np.full(len(column), UNKNOWN, np.int64)
    if pa.types.is_floating(column.type):
        return _whole(floats(column))
    if pa.types.is_string(column.type):
        column = _parsed(column)
    return np.maximum(filled(column, UNKNOWN), UNKNOWN)


def _parsed(column: Texts) -> Texts:
    """Text as integers: at once if all of it is, and as decimals are written; else value by value."""
    if matches(column, "^[0-9]{1,18}$").all():
        return column.cast(pa.int64())
    return pa.array([fields.integer(value) for value in column.to_pylist()], pa.int64())


def truths(column: Texts) -> NDArray[np.int8]:
    """1 for true, 0 for false, also as words; UNKNOWN otherwise."""
    if pa.types.is_boolean(column.type):
        flags: NDArray[np.int8] = column.cast(pa.int8()).fill_null(UNKNOWN).to_numpy(zero_copy_only=False)
        return flags
    words = lower(texts(column))
    no = np.where(equals(words, "false"), 0, UNKNOWN)
    return np.where(equals(words, "true"), 1, no).astype(np.int8)


def instants(values: Sequence[int]) -> Ints:
    """Nanoseconds; what is out of range is so late that it is found to be."""
    try:
        found = np.array(values, dtype=np.int64)
    except OverflowError:
        found = np.array([value if abs(value) <= LARGEST else LARGEST for value in values], dtype=np.int64)
    return np.where(found < 0, LARGEST, found)


def json_text(value: Any) -> str:
    """A nested value as JSON, the same whichever encoding it came in."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def nested_text(value: Any) -> str | None:
    """The same of a value that strangers wrote; None where it is nested beyond reason."""
    try:
        return json_text(value)
    except (RecursionError, ValueError):
        return None


def _whole(numbers: NDArray[np.float64]) -> Ints:
    with np.errstate(invalid="ignore"):
        sound = (numbers >= 0) & (numbers < _MANTISSA) & (np.floor(numbers) == numbers)
    return np.where(sound, np.where(sound, numbers, 0), UNKNOWN).astype(np.int64)


def _as_text(value: Scalar) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return fields.text(value) if isinstance(value, str) else None if value is None else repr(value)
