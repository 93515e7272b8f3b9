"""Fields of chosen records of a shredded text, as lists and arrays: null where a record has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest.shredded import Ints, Places, ShreddedText
from agenttrace.ingest.text_columns import encoded, spread
from agenttrace.native.shredding import Kind, Shreds

_TEXTS = (Kind.TEXT, Kind.ESCAPED)


class Numbers(NamedTuple):
    """A number for each record, and which have one."""

    values: NDArray[Any]
    present: NDArray[np.bool_]


class ShreddedFields:
    """Reads fields at paths below a prefix; whatever is of another kind raises UnusualShapeError."""

    def __init__(self, shreds: Shreds, shredded: ShreddedText, prefix: str, rows: Ints) -> None:
        """`rows`: the chosen records, in order."""
        self._shreds, self._shredded, self._prefix = shreds, shredded, prefix
        self._place = np.full(shreds.count(""), -1, np.int64)
        self._place[rows] = np.arange(len(rows))
        self._all = len(rows) == len(self._place)
        self.count = len(rows)

    def found(self, path: str, *kinds: Kind) -> Places:
        """The values there, their rows those among the chosen records."""
        places = Places(self._shreds[self._prefix + path], *kinds)
        if self._all:
            return places
        row = self._place[places.row]
        chosen = places.at(np.flatnonzero(row >= 0))
        chosen.row = row[row >= 0]
        return chosen

    def texts(self, path: str) -> pa.Array[Any]:
        """Texts."""
        found = self.found(path, *_TEXTS)
        texts = self._shredded.texts(found)
        if len(found) == self.count:
            return texts
        place = np.full(self.count, -1, np.int64)
        place[found.row] = np.arange(len(found))
        return spread(texts, place)

    def written(self, path: str, *kinds: Kind) -> list[bytes | None]:
        """The values as they are written in JSON, of any kind unless some are named."""
        found = self.found(path, *(kinds or Kind))
        quoted = np.isin(found.kind, [*_TEXTS, Kind.DIGITS])
        return self._spread(found, self._shredded.pieces(found.begin - quoted, found.end + quoted))

    def booleans(self, path: str) -> list[bool | None]:
        """True or false."""
        found = self.found(path, Kind.TRUE, Kind.FALSE)
        return self._spread(found, (found.kind == Kind.TRUE).tolist())

    def integers(self, path: str) -> Numbers:
        """Integers of 64 bits."""
        found = self.found(path, Kind.INTEGER)
        return self._numbers(found, found.value, -1)

    def floats(self, path: str) -> Numbers:
        """Finite numbers, of which the plan wants doubles."""
        found = self.found(path, Kind.INTEGER, Kind.NUMBER, Kind.LONG)
        numbers = found.value.view(np.float64).copy()
        if Kind.LONG in found.kinds:
            long = np.flatnonzero(found.kind == Kind.LONG)
            written = self._shredded.pieces(found.begin[long], found.end[long])
            numbers[long] = list(map(float, written))
        return self._numbers(found, numbers, np.nan)

    def each(self, path: str, kinds: tuple[Kind, ...], read: Callable[[str], Any]) -> list[Any]:
        """What is made of the values as they are written, once of those that are the same: there are few."""
        found = self.found(path, *kinds)
        written, code = encoded(self._shredded.written(found))
        known = [read(each or "") for each in written]
        return self._spread(found, [known[each] for each in code.tolist()])

    def _numbers(self, found: Places, values: NDArray[Any], absent: float) -> Numbers:
        if len(found) == self.count:
            return Numbers(values, np.ones(self.count, np.bool_))
        spread, present = np.full(self.count, absent, values.dtype), np.zeros(self.count, np.bool_)
        spread[found.row], present[found.row] = values, True
        return Numbers(spread, present)

    def _spread(self, found: Places, values: list[Any]) -> list[Any]:
        if len(found) == self.count:
            return values
        spread: list[Any] = [None] * self.count
        for row, value in zip(found.row.tolist(), values, strict=True):
            spread[row] = value
        return spread
