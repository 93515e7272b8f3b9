"""Columns of what a kernel found in a text: from places to Arrow and numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from agenttrace.ingest.text_columns import texts_at
from agenttrace.native.shredding import Column, Kind

Ints = NDArray[np.int64]
_kernels: Any = pyarrow.compute


class UnusualShapeError(Exception):
    """Sound, but to be read in another way."""


class Places:
    """Values of one place of some records, each of which has at most one there: null is none."""

    __slots__ = ("begin", "end", "kind", "kinds", "row", "value")

    def __init__(self, column: Column, *kinds: Kind) -> None:
        """Raises UnusualShapeError where a value is of none of these kinds."""
        if not column.kinds <= {Kind.NULL, *kinds}:
            raise UnusualShapeError
        self.kinds = column.kinds - {Kind.NULL}
        there = column.kind != Kind.NULL if Kind.NULL in column.kinds else slice(None)
        self.row, self.begin, self.end = column.row[there], column.begin[there], column.end[there]
        self.value, self.kind = column.value[there], column.kind[there]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.row)

    def at(self, places: Ints) -> Places:
        """Some of them."""
        chosen: Places = object.__new__(Places)
        chosen.kinds = self.kinds
        for name in ("row", "begin", "end", "value", "kind"):
            setattr(chosen, name, getattr(self, name)[places])
        return chosen


class ShreddedText:
    """A text, known to be UTF-8, and the values at places in it."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self._buffer = pa.py_buffer(text)

    def texts(self, found: Places) -> pa.Array[Any]:
        """The texts at these places."""
        texts = self.written(found)
        if Kind.ESCAPED not in found.kinds:
            return texts
        escaped = found.kind == Kind.ESCAPED
        bounds = zip(found.begin[escaped].tolist(), found.end[escaped].tolist(), strict=True)
        written = b",".join([self.text[begin - 1 : end + 1] for begin, end in bounds])
        plain = pa.array(orjson.loads(b"[%b]" % written), pa.string())
        replaced: pa.Array[Any] = _kernels.replace_with_mask(texts, pa.array(escaped), plain)
        return replaced

    def written(self, found: Places) -> pa.Array[Any]:
        """The values at these places as they are written, texts without their quotes."""
        return texts_at(self._buffer, found.begin, found.end)

    def texts_of_all(self, found: Places, owners: Column) -> pa.Array[Any]:
        """A text for each of the elements around these places, empty where one has none."""
        if len(found) == len(owners):
            return self.texts(found)
        texts, index = self.texts(found), np.full(len(owners), len(found))
        index[found.row] = np.arange(len(found))
        return pa.concat_arrays([texts, pa.array([""])]).take(pa.array(index))

    def pieces(self, begin: Ints, end: Ints) -> list[bytes]:
        """The bytes at these places."""
        text = self.text
        return [text[low:high] for low, high in zip(begin.tolist(), end.tolist(), strict=True)]


def numbers_of_all(found: Places, count: int, absent: int = 0) -> Ints:
    """An integer for each of `count` elements, `absent` where one has none."""
    numbers = np.full(count, absent, np.int64)
    numbers[found.row] = found.value
    return numbers
