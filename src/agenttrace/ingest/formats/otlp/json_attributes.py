"""Attributes of spans that a kernel found in JSON lines: the wanted ones, a column for each key."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from agenttrace.ingest.formats.otlp.json_messages import Value, scalar
from agenttrace.ingest.shredded import Ints, Places, ShreddedText, UnusualShapeError
from agenttrace.ingest.telemetry.names import WANTED, code_of
from agenttrace.ingest.telemetry.spans import Attribute
from agenttrace.ingest.telemetry.values import Scalar, column_of
from agenttrace.native.shredding import Column, Kind, Plan, Shreds

if TYPE_CHECKING:
    from agenttrace.ingest.telemetry.arrow import Texts

_value = msgspec.json.Decoder(Value, strict=False)
_KINDS: Mapping[str, tuple[Kind, ...]] = {
    "stringValue": (Kind.TEXT, Kind.ESCAPED),
    "intValue": (Kind.INTEGER, Kind.DIGITS),
    "doubleValue": (Kind.INTEGER, Kind.NUMBER),
    "boolValue": (Kind.TRUE, Kind.FALSE),
    "bytesValue": (Kind.TEXT, Kind.ESCAPED),
    "arrayValue": (Kind.OBJECT,),
    "kvlistValue": (Kind.OBJECT,),
}
_NONE = -1
_OTHER = 4
"""From this place in `_KINDS` on, values are taken one by one."""


class AttributeColumns:
    """Makes columns; remembers which keys somebody wants."""

    def __init__(self, plan: Plan, path: str) -> None:
        """`path`: where the attributes stand in the plan."""
        self._plan, self._path = plan, path
        self._codes: list[int] = []

    @property
    def known(self) -> int:
        """How many keys were seen."""
        return len(self._codes)

    def learn(self) -> Ints:
        """Of each key of the plan its position in WANTED, -1 if nobody wants it: then it is passed over from now on."""
        for number, key in enumerate(self._plan.tags(self._path, len(self._codes)), len(self._codes)):
            code = code_of(key.decode())
            self._codes.append(code)
            if code < 0:
                self._plan.pass_over(self._path, number)
        return np.array(self._codes, np.int64)

    def columns(self, shreds: Shreds, shredded: ShreddedText, codes: Ints) -> Mapping[str, Attribute]:
        """`codes` are what `learn` gave of them. An attribute's rows are those of its spans."""
        found = shreds[self._path]
        Places(shreds[f"{self._path}.value"], Kind.OBJECT)
        values = _Values(shreds, shredded, self._path, len(found))
        code = codes[found.value] if len(found) else np.zeros(0, np.int64)
        wanted = np.flatnonzero(code >= 0)
        order = wanted[np.argsort(code[wanted].astype(np.int16), kind="stable")]  # by radix: they are few
        code = code[order]
        columns = {}
        firsts = np.flatnonzero(np.diff(code, prepend=_NONE)).tolist()
        for first, last in pairwise([*firsts, len(code)]):
            rows = order[first:last]
            columns[WANTED[int(code[first])]] = Attribute(found.row[rows], values.column(rows))
        return columns


class _Values:
    """The values of attributes: of each which member has it, and where in the column of that member."""

    def __init__(self, shreds: Shreds, shredded: ShreddedText, path: str, count: int) -> None:
        self._shredded = shredded
        self._whole: Column = shreds[f"{path}.value"]
        self._places = [Places(shreds[f"{path}.value.{name}"], *kinds) for name, kinds in _KINDS.items()]
        self._member = np.full(count, _NONE, np.int64)
        self._at = np.zeros(count, np.int64)
        for number, places in enumerate(self._places):
            if (self._member[places.row] != _NONE).any():
                raise UnusualShapeError  # two values
            self._member[places.row] = number
            self._at[places.row] = np.arange(len(places))

    def column(self, rows: Ints) -> Texts:
        """A column of the type that all the values have; else as they are read one by one."""
        members = self._member[rows]
        if (members == members[0]).all() and 0 <= members[0] < _OTHER:
            return self._of_one_member(int(members[0]), rows)
        return column_of([self._scalar(row) for row in rows.tolist()])

    def _of_one_member(self, member: int, rows: Ints) -> Texts:
        found = self._places[member].at(self._at[rows])
        column: Texts = _READERS[member](self._shredded, found)
        return column

    def _scalar(self, row: int) -> Scalar:
        member = int(self._member[row])
        if member == _NONE:
            return None
        if member < _OTHER:
            value: Scalar = self._of_one_member(member, np.array([row]))[0].as_py()
            return value
        return self._nested(row)

    def _nested(self, row: int) -> Scalar:
        place = int(np.searchsorted(self._whole.row, row))
        written = self._shredded.text[self._whole.begin[place] : self._whole.end[place]]
        try:
            return scalar(_value.decode(written))
        except (msgspec.DecodeError, RecursionError) as error:
            raise UnusualShapeError from error


def _integers(_: ShreddedText, found: Places) -> Texts:
    numbers: Texts = pa.array(found.value)
    return numbers


def _doubles(shredded: ShreddedText, found: Places) -> Texts:
    numbers = [float(written) for written in shredded.pieces(found.begin, found.end)]
    if not all(map(math.isfinite, numbers)):
        raise UnusualShapeError
    return pa.array(numbers, pa.float64())


def _booleans(_: ShreddedText, found: Places) -> Texts:
    truths: Texts = pa.array(found.kind == Kind.TRUE)
    return truths


_READERS: tuple[Callable[[ShreddedText, Places], Any], ...] = (
    ShreddedText.texts,
    _integers,
    _doubles,
    _booleans,
)
"""By the place in `_KINDS`."""
