"""Rows turned into columns: what is not what it should be is unknown, and counted as a finding.

The values of a column almost always have one type, so they are checked together; only a column with
anything else in it is read value by value, with `ingest.fields`, to the same result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest import fields
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.text_columns import taken
from agenttrace.model.vocabulary import Evidence, Severity

Ints = NDArray[np.int64]
Codes = NDArray[np.int8]
Mask = NDArray[np.bool_]

UNKNOWN = -1
"""In arrays of instants, durations and counts, none of which is negative."""

_NS_IN_MS = 1_000_000
_LATEST_MS = fields.LATEST_NS // _NS_IN_MS
_LONGEST_NS = 366 * 86_400 * 10**9
_NOTHING = type(None)
_EVIDENCE = tuple(Evidence)
_T = TypeVar("_T")

Values: TypeAlias = "Sequence[Any] | pa.Array[Any]"
"""Of each row a value or none: of an array texts."""


class Columns:
    """A block of rows, column by column. `what` names their records in findings."""

    def __init__(
        self, what: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]], recorder: Recorder
    ) -> None:
        """`names` are the fields of a row, in order; one of them is `line`."""
        self._begin(what, dict(zip(names, zip(*rows, strict=True), strict=True)), recorder)

    def _begin(self, what: str, values: dict[str, Sequence[Any]], recorder: Recorder) -> None:
        self._what = what
        self._recorder = recorder
        self._values = values
        self._reported: set[str] = set()
        self.length = len(values["line"])

    def raw(self, name: str) -> Values:
        """The values as they were read."""
        return self._values[name]

    def counts(self, name: str, limit: int = 2**53) -> Ints:
        """Integers from 0 to `limit`."""
        found = self._integers(name)
        return self._checked(name, "a count", np.where((found >= 0) & (found <= limit), found, UNKNOWN))

    def instants(self, name: str) -> Ints:
        """Unix milliseconds, as nanoseconds."""
        found = self._instants(name)
        return self._checked(name, "an instant", np.where(found > 0, found, UNKNOWN))

    def durations(self, name: str) -> Ints:
        """Milliseconds, as nanoseconds."""
        with np.errstate(invalid="ignore", over="ignore"):
            ns = self._floats(name) * _NS_IN_MS
            sound = (ns >= 0) & (ns <= _LONGEST_NS)
        found = np.where(sound, np.rint(np.where(sound, ns, 0)), UNKNOWN)
        return self._checked(name, "a duration", found.astype(np.int64))

    def shares(self, name: str) -> pa.Array[Any]:
        """Numbers from 0 to 1."""
        found = self._floats(name)
        with np.errstate(invalid="ignore"):
            unsound = ~((found >= 0) & (found <= 1))
        self._report(name, "a share", ~unsound)
        return pa.array(found, pa.float64(), mask=unsound)

    def texts(self, name: str) -> Values:
        """Strings that are not empty, and can be written as UTF-8."""
        values = self._values[name]
        if set(map(type, values)) <= {str, _NOTHING} and "" not in values and _is_utf8(values):
            return values
        return self._each(name, "a text", fields.text)

    def unsigned(self, name: str) -> Sequence[int | None]:
        """Integers in the range of uint64."""
        values = self._values[name]
        kinds = set(map(type, values))
        if kinds <= {int, _NOTHING}:
            known = values if _NOTHING not in kinds else [value for value in values if value is not None]
            if not known or (min(known) >= 0 and max(known) <= fields.UINT64_MAX):
                return values
        return self._each(name, "an id", fields.unsigned)

    def signed(self, name: str) -> Sequence[int | None]:
        """Integers in the range of int32."""
        if set(map(type, self._values[name])) == {_NOTHING}:
            return self._values[name]
        found = self._each(name, "a number", fields.integer)
        return [value if value is not None and -(2**31) <= value < 2**31 else None for value in found]

    def booleans(self, name: str) -> Sequence[bool | None]:
        """True or false."""
        values = self._values[name]
        if set(map(type, values)) <= {bool, _NOTHING}:
            return values
        return self._each(name, "true or false", fields.boolean)

    def words(self, name: str, words: type[StrEnum]) -> Sequence[str | None]:
        """Words of an enumeration; others are unknown, and no finding: writers invent new ones."""
        known = {word.value: word.value for word in words}
        return [known.get(value) if type(value) is str else None for value in self._values[name]]

    def count_finding(self, code: str, severity: Severity, example: str, where: Mask) -> None:
        """A finding for each row that `where` marks."""
        if where.any():
            line = self._values["line"][int(np.argmax(where))]
            self._recorder.finding(code, severity, example, line=line, count=int(where.sum()))

    def _each(self, name: str, what: str, read: Callable[[Any], _T | None]) -> list[_T | None]:
        found = [None if value is None else read(value) for value in self._values[name]]
        self._report(name, what, np.array([value is not None for value in found], dtype=np.bool_))
        return found

    def _checked(self, name: str, what: str, found: Ints) -> Ints:
        self._report(name, what, found != UNKNOWN)
        return found

    def _report(self, name: str, what: str, known: Mask) -> None:
        if known.all() or name in self._reported:
            return
        self._reported.add(name)
        example = f"{self._what}.{name} is not {what}"
        self.count_finding("field_unusable", Severity.WARNING, example, self._present(name) & ~known)

    def _present(self, name: str) -> Mask:
        return np.array([value is not None for value in self._values[name]], dtype=np.bool_)

    def _integers(self, name: str) -> Ints:
        return _integers(self._values[name])

    def _instants(self, name: str) -> Ints:
        values = self._values[name]
        if set(map(type, values)) <= {int, _NOTHING}:
            return instants_of_ms(_integers(values))
        return np.array([fields.instant_from_ms(value) or 0 for value in values], dtype=np.int64)

    def _floats(self, name: str) -> NDArray[np.float64]:
        return _floats(self._values[name])


def instants_of_ms(ms: Ints) -> Ints:
    """Unix milliseconds as nanoseconds; 0 for what is no instant."""
    return np.where((ms > 0) & (ms <= _LATEST_MS), ms, 0) * _NS_IN_MS


def _integers(values: Sequence[Any]) -> Ints:
    kinds = set(map(type, values))
    if kinds <= {int, _NOTHING}:
        filled = values if _NOTHING not in kinds else [UNKNOWN if v is None else v for v in values]
        try:
            return np.array(filled, dtype=np.int64)
        except OverflowError:
            pass
    read = [fields.integer(value) for value in values]
    return np.array([UNKNOWN if value is None else value for value in read], dtype=np.int64)


def _floats(values: Sequence[Any]) -> NDArray[np.float64]:
    """Finite numbers; NaN for all else."""
    if set(map(type, values)) <= {int, float, _NOTHING}:
        try:
            found = np.array(values, dtype=np.float64)
            return np.where(np.isfinite(found), found, np.nan)
        except OverflowError:
            pass
    read = [fields.number(value) for value in values]
    return np.array([math.nan if value is None else value for value in read], dtype=np.float64)


def missing(values: Values) -> Mask:
    """Which rows have none."""
    if isinstance(values, pa.Array):
        return np.asarray(values.is_null()) if values.null_count else np.zeros(len(values), np.bool_)
    return np.array([value is None for value in values], dtype=np.bool_)


def listed(values: Values) -> Sequence[Any]:
    """The values one by one."""
    return values.to_pylist() if isinstance(values, pa.Array) else values


def chosen(values: Values, rows: Ints) -> Values:
    """Those of these rows, in order; they are known."""
    if len(rows) == len(values):
        return values
    if isinstance(values, pa.Array):
        texts: pa.Array[Any] = taken(values, rows)
        return texts
    return [values[row] for row in rows.tolist()]


def nullable(values: Ints) -> pa.Array[Any]:
    """An Arrow column in which UNKNOWN is null."""
    return pa.array(values, pa.int64(), mask=values == UNKNOWN)


def constant(word: StrEnum, length: int) -> pa.Array[Any]:
    """A column of one word."""
    indices: pa.Array[Any] = pa.array(np.zeros(length, np.int8), pa.int8())
    return pa.DictionaryArray.from_arrays(indices, pa.array([word.value]))


def evidence_column(codes: Codes) -> pa.Array[Any]:
    """Codes are positions in `Evidence`; UNKNOWN is null."""
    indices: pa.Array[Any] = pa.array(codes, pa.int8(), mask=codes == UNKNOWN)
    return pa.DictionaryArray.from_arrays(indices, pa.array([word.value for word in _EVIDENCE]))


MEASURED, DERIVED, BOUNDED, _, NO_EVIDENCE = range(len(_EVIDENCE))
"""Codes of evidence, best first; NO_EVIDENCE is the word `unknown`."""


def _is_utf8(texts: Sequence[str | None]) -> bool:
    """Bytes may spell half a surrogate pair, which Python's reader of JSON lets pass: no text in UTF-8 has one."""
    whole = "".join(text for text in texts if text is not None)
    if whole.isascii():
        return True
    try:
        whole.encode()
    except UnicodeEncodeError:
        return False
    return True
