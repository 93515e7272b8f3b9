"""Attributes out of a buffer of messages: the wanted ones of all spans, a column for each key."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pyarrow as pa
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from agenttrace.ingest.formats.otlp.framing import FIXED64, LENGTH, VARINT
from agenttrace.ingest.formats.otlp.protobuf_spans import Codes, scalar
from agenttrace.ingest.formats.otlp.wire import Fields, Ints, Octets, fixed64, varints
from agenttrace.ingest.shredded import UnusualShapeError
from agenttrace.ingest.telemetry.arrow import Texts
from agenttrace.ingest.telemetry.names import WANTED
from agenttrace.ingest.telemetry.spans import Attribute
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.ingest.text_columns import encoded, texts_at

_KEY, _VALUE = 1 << 3 | LENGTH, 2 << 3 | LENGTH
_EMPTY = 0


def attributes_at(data: Octets, buffer: pa.Buffer, pairs: Fields, codes: Codes) -> Mapping[str, Attribute]:
    """`pairs` are the fields of spans that hold attributes; an attribute's rows are their owners."""
    if not len(pairs.owner):
        return {}
    keys, end = keys_at(data, buffer, pairs)
    code = _codes(keys, codes)
    wanted = np.flatnonzero(code >= 0)
    order = wanted[np.argsort(code[wanted], kind="stable")]
    code, row, at, limit = code[order], pairs.owner[order], end[order], pairs.end[order]
    value_begin = values_at(data, at, limit)
    found = {}
    firsts = np.flatnonzero(np.diff(code, prepend=-1)).tolist()
    for first, last in pairwise([*firsts, len(code)]):
        part = slice(first, last)
        column = _column(data, buffer, value_begin[part], limit[part])
        found[WANTED[int(code[first])]] = Attribute(row[part], column)
    return found


def keys_at(data: Octets, buffer: pa.Buffer, pairs: Fields) -> tuple[Texts, Ints]:
    """The keys of attributes, which come first in them, and the positions behind."""
    begin, end = _after_tag(data, pairs.begin, _KEY)
    return texts_at(buffer, begin, end), end


def _after_tag(data: Octets, at: Ints, tag: int) -> tuple[Ints, Ints]:
    """The bounds of the fields that begin at these positions, which have this tag."""
    if (data[at] != tag).any():
        raise UnusualShapeError
    length, begin = varints(data, at + 1)
    return begin, begin + length


def _codes(keys: Texts, codes: Codes) -> Ints:
    names, place = encoded(keys)
    table: Ints = np.array([codes[name or ""] for name in names], dtype=np.int64)
    return table[place]


def values_at(data: Octets, at: Ints, limit: Ints) -> Ints:
    """Where the values begin, which are what is left of the attributes; at the limit where there is none."""
    begin = limit.copy()
    there = np.flatnonzero(at < limit)
    begin[there], end = _after_tag(data, at[there], _VALUE)
    if (end != limit[there]).any():
        raise UnusualShapeError
    return begin


def _column(data: Octets, buffer: pa.Buffer, begin: Ints, end: Ints) -> Texts:
    """A column of the type that all the values have; else as the stock parser reads them."""
    kind = np.where(begin < end, data[begin], _EMPTY)
    if (kind == kind[0]).all():
        read = _READERS.get(int(kind[0]))
        column, after = (None, end) if read is None else read(data, buffer, begin + 1)
        if column is not None and (after == end).all():
            return column
    bounds = zip(begin.tolist(), end.tolist(), strict=True)
    return column_of([scalar(AnyValue.FromString(data[low:high].tobytes())) for low, high in bounds])


def _strings(data: Octets, buffer: pa.Buffer, at: Ints) -> tuple[Texts, Ints]:
    length, begin = varints(data, at)
    return texts_at(buffer, begin, begin + length), begin + length


def _integers(data: Octets, _: pa.Buffer, at: Ints) -> tuple[Texts, Ints]:
    value, after = varints(data, at)
    return pa.array(value), after


def _booleans(data: Octets, _: pa.Buffer, at: Ints) -> tuple[Texts, Ints]:
    value, after = varints(data, at)
    return pa.array(value != 0), after


def _doubles(data: Octets, _: pa.Buffer, at: Ints) -> tuple[Texts, Ints]:
    return pa.array(fixed64(data, at).view("<f8")), at + 8


_READERS = {
    1 << 3 | LENGTH: _strings,
    2 << 3 | VARINT: _booleans,
    3 << 3 | VARINT: _integers,
    4 << 3 | FIXED64: _doubles,
}
"""By the tag of the value: what reads the contents behind it, and the positions behind these."""
