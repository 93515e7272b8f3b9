"""Span events out of a buffer of messages: those that are read, each with the detail that matters of it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from agenttrace.ingest.formats.otlp.framing import FIXED64, LENGTH
from agenttrace.ingest.formats.otlp.protobuf_spans import scalar
from agenttrace.ingest.formats.otlp.wire import Fields, Octets, fields_of, fixed64
from agenttrace.ingest.formats.otlp.wire_attributes import keys_at, values_at
from agenttrace.ingest.telemetry.events import EVENT_DETAILS
from agenttrace.ingest.telemetry.spans import Events
from agenttrace.ingest.telemetry.values import Scalar
from agenttrace.ingest.text_columns import encoded, texts_at

_TIME, _NAME, _ATTRIBUTES = 1, 2, 3
_ABSENT = -1


def events_at(data: Octets, buffer: pa.Buffer, found: Fields) -> Events:
    """`found` are the fields of spans that hold events; their owners are the rows of the spans."""
    if not len(found.owner):
        return Events()
    inner = fields_of(data, found.begin, found.end)
    begin, end = found.begin.copy(), found.begin.copy()
    named = inner.of(_NAME, LENGTH)
    begin[named.owner], end[named.owner] = named.begin, named.end
    names, name = encoded(texts_at(buffer, begin, end))
    known = np.array([each in EVENT_DETAILS for each in names], dtype=np.bool_)
    rows = np.flatnonzero(known[name])
    details = _details(data, buffer, inner, [EVENT_DETAILS.get(each or "", "") for each in names], name)
    times = np.zeros(len(found.owner), np.uint64)
    timed = inner.of(_TIME, FIXED64)
    times[timed.owner] = fixed64(data, timed.begin)
    return Events(
        found.owner[rows].tolist(),
        [names[code] or "" for code in name[rows].tolist()],
        times[rows].tolist(),
        [details.get(row) for row in rows.tolist()],
    )


def _details(
    data: Octets, buffer: pa.Buffer, inner: Fields, wanted: list[str], name: NDArray[np.int32]
) -> dict[int, Scalar]:
    """Of each event the first attribute that its name wants; `wanted` belongs to the codes in `name`."""
    pairs = inner.of(_ATTRIBUTES, LENGTH).by_owner()
    if not len(pairs.owner) or not any(wanted):
        return {}
    keys, key_end = keys_at(data, buffer, pairs)
    key_names, key = encoded(keys)
    place = {each: code for code, each in enumerate(key_names)}
    codes = np.array([place.get(each, _ABSENT) if each else _ABSENT for each in wanted], dtype=np.int64)
    matching = np.flatnonzero(key == codes[name[pairs.owner]])
    event, first = np.unique(pairs.owner[matching], return_index=True)
    chosen = matching[first]
    begin = values_at(data, key_end[chosen], pairs.end[chosen])
    bounds = zip(event.tolist(), begin.tolist(), pairs.end[chosen].tolist(), strict=True)
    return {row: scalar(AnyValue.FromString(data[low:high].tobytes())) for row, low, high in bounds}
