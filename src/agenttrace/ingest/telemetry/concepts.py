"""The values of a concept for every span of a chunk, whichever name has it; units are converted here only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest import fields
from agenttrace.ingest.telemetry.arrow import Ints, Mask, Texts, among, equals, known
from agenttrace.ingest.telemetry.notes import Notes
from agenttrace.ingest.telemetry.spans import Spans
from agenttrace.ingest.telemetry.values import (
    UNKNOWN,
    floats,
    integers,
    texts,
)
from agenttrace.ingest.text_columns import encoded

LARGEST_COUNT = 2**53
LARGEST_INT32 = 2**31 - 1
LONGEST_NS = 366 * 86_400 * 10**9


def unknowns(spans: Spans) -> Ints:
    """Nothing known of any span."""
    return np.full(len(spans), UNKNOWN, np.int64)


def text(spans: Spans, names: Sequence[str], where: Mask | None = None) -> Texts:
    """Text, null where no name of the concept is there; only of the spans that `where` marks."""
    index = np.full(len(spans), UNKNOWN, np.int64)
    pools: list[Any] = []
    size = 0
    for name in reversed(names):
        attribute = spans.attributes.get(name)
        if attribute is None:
            continue
        values = texts(attribute.values)
        present = known(values) & ~equals(values, "")
        index[attribute.rows[present]] = size + np.flatnonzero(present)
        pools.append(values)
        size += len(values)
    if where is not None:
        index = np.where(where, index, UNKNOWN)
    if not pools:
        return pa.nulls(len(spans), pa.string())
    found: Texts = pa.concat_arrays(pools).take(nullable(index))
    return found


def counts(spans: Spans, names: Sequence[str], notes: Notes, *, largest: int = LARGEST_COUNT) -> Ints:
    """Counts from 0 to `largest`; a value that is none is unknown, and noted."""
    found = unknowns(spans)
    for name in reversed(names):
        attribute = spans.attributes.get(name)
        if attribute is not None:
            values = integers(attribute.values)
            values = np.where(values <= largest, values, UNKNOWN)
            notes.unusable(name, spans.line, attribute.rows[values == UNKNOWN])
            told = values != UNKNOWN
            found[attribute.rows[told]] = values[told]
    return found


def durations(spans: Spans, names: Sequence[tuple[str, int]], notes: Notes) -> Ints:
    """Durations in nanoseconds; negative ones, which some engines write for none, are unknown, and noted."""
    found = unknowns(spans)
    for name, unit in reversed(names):
        attribute = spans.attributes.get(name)
        if attribute is not None:
            with np.errstate(invalid="ignore", over="ignore"):
                ns = floats(attribute.values) * unit
                told = (ns >= 0) & (ns <= LONGEST_NS)
                notes.negative(name, spans.line, attribute.rows[ns < 0])
            notes.unusable(name, spans.line, attribute.rows[np.isnan(ns) | (ns > LONGEST_NS)])
            found[attribute.rows[told]] = np.rint(ns[told]).astype(np.int64)
    return found


def shares(spans: Spans, names: Sequence[str], notes: Notes) -> Texts | None:
    """Numbers from 0 to 1; None if no span has one."""
    found = np.full(len(spans), np.nan)
    for name in reversed(names):
        attribute = spans.attributes.get(name)
        if attribute is not None:
            values = floats(attribute.values)
            with np.errstate(invalid="ignore"):
                told = (values >= 0) & (values <= 1)
            notes.unusable(name, spans.line, attribute.rows[~told])
            found[attribute.rows[told]] = values[told]
    return None if np.isnan(found).all() else pa.array(found, pa.float64(), from_pandas=True)


def unsigned(spans: Spans, names: Sequence[str], notes: Notes) -> Texts | None:
    """Integers up to 2**64 - 1, never through a float; None if no span has one."""
    found: list[int | None] = [None] * len(spans)
    seen = False
    for name in reversed(names):
        attribute = spans.attributes.get(name)
        if attribute is not None:
            seen = True
            values = [fields.unsigned(value) for value in texts(attribute.values).to_pylist()]
            none = np.array([value is None for value in values], np.bool_)
            notes.unusable(name, spans.line, attribute.rows[none])
            for row, value in zip(attribute.rows.tolist(), values, strict=True):
                found[row] = value if value is not None else found[row]
    return pa.array(found, pa.uint64()) if seen else None


def instants(spans: Spans, names: Sequence[str], notes: Notes) -> Ints:
    """Instants written as ISO 8601, some in quotes."""
    found = unknowns(spans)
    for name in reversed(names):
        attribute = spans.attributes.get(name)
        if attribute is not None:
            written = [(value or "").strip('"') for value in texts(attribute.values).to_pylist()]
            values = np.array([fields.instant_from_iso(value) or UNKNOWN for value in written], np.int64)
            notes.unusable(name, spans.line, attribute.rows[values == UNKNOWN])
            told = values != UNKNOWN
            found[attribute.rows[told]] = values[told]
    return found


def holds(spans: Spans, name: str) -> Mask:
    """The spans that have the attribute."""
    mask = np.zeros(len(spans), np.bool_)
    attribute = spans.attributes.get(name)
    if attribute is not None:
        mask[attribute.rows] = True
    return mask


def holds_any(spans: Spans, name: str, values: Sequence[str]) -> Mask:
    """The spans whose attribute is one of these."""
    mask = np.zeros(len(spans), np.bool_)
    attribute = spans.attributes.get(name)
    if attribute is not None:
        mask[attribute.rows] = among(texts(attribute.values), values)
    return mask


def coded(spans: Spans, name: str, words: Sequence[str]) -> NDArray[np.int8]:
    """Which of these words the attribute is, by its place among them; UNKNOWN where it is none."""
    found = np.full(len(spans), UNKNOWN, np.int8)
    attribute = spans.attributes.get(name)
    if attribute is not None:
        values, index = encoded(texts(attribute.values))
        codes = [words.index(value) if value in words else UNKNOWN for value in values]
        found[attribute.rows] = np.array(codes, np.int8)[index]
    return found


def nullable(values: Ints, kind: pa.DataType | None = None) -> Texts:
    """UNKNOWN as null."""
    return pa.array(values, kind or pa.int64(), mask=values == UNKNOWN)
