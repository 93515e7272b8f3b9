"""The columnar builder that a format appends to.

Irregular formats append a row at a time; uniform ones hand over whole columns. Either way the values
meet the declared types here, once, and a column of wrong length or type is our own bug, never the
user's: formats check what they read with `ingest.fields` before they record it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import pyarrow as pa

from agenttrace.ingest import raw
from agenttrace.model.schema import Table
from agenttrace.model.vocabulary import Severity

Column: TypeAlias = "pa.Array[Any] | pa.ChunkedArray[Any]"

_EXAMPLE_LIMIT = 200
_DRAINED_ROWS = 32_768


class _Columns:
    """Rows under construction for one table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._schema = table.arrow
        self._types = table.types
        self._rows: dict[str, list[Any]] = {}
        self._parts: list[pa.Table] = []
        self._whole = 0
        self._flush_at = 65_536

    def append(self, values: Mapping[str, Any]) -> None:
        if not self._rows:
            self._rows = {name: [] for name in self._types}
        get = values.get
        for name, column in self._rows.items():
            column.append(get(name))
        if len(column) >= self._flush_at:
            self._flush()

    def extend(self, columns: Mapping[str, Sequence[Any] | Column]) -> None:
        self._flush()
        length = len(next(iter(columns.values())))
        arrays = [
            _converted(columns[name], to) if name in columns else pa.nulls(length, to)
            for name, to in self._types.items()
        ]
        self._add(pa.Table.from_arrays(arrays, schema=self._schema))

    def _flush(self) -> None:
        if self._rows:
            arrays = [_converted(self._rows[name], to) for name, to in self._types.items()]
            self._rows = {}
            self._add(pa.Table.from_arrays(arrays, schema=self._schema))

    def _add(self, part: pa.Table) -> None:
        self._parts.append(part)
        self._whole += part.num_rows

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._whole + (len(next(iter(self._rows.values()))) if self._rows else 0)

    def table(self) -> pa.Table:
        """The rows since the last time."""
        self._flush()
        parts, self._parts, self._whole = self._parts, [], 0
        if not parts:
            return self._table.empty
        return parts[0] if len(parts) == 1 else pa.concat_tables(parts).unify_dictionaries()


def _converted(values: Sequence[Any] | Column, to: pa.DataType) -> Column:
    if isinstance(values, (list, tuple)):
        return _converted_rows(values, to)
    if isinstance(values, (pa.Array, pa.ChunkedArray)):
        cast: Column = values if values.type == to else values.cast(to)
        return cast
    return pa.array(values, to)


def _converted_rows(values: Sequence[Any], to: Any) -> Column:
    """Nothing, or one text for all, as the key of a session is in a file, need not be looked at row by row."""
    column: Column
    first = values[0] if values else None
    if first is None and values.count(None) == len(values):
        column = pa.nulls(len(values), to)
    elif isinstance(first, str) and first is values[-1] and values.count(first) == len(values):
        text: Any = pa.scalar(first, to)
        column = pa.repeat(text, len(values))
    else:
        column = pa.array(values, to)
    return column


def comes_before(line: int | None, other: int | None) -> bool:
    """Whether a line is before another; no line comes before none."""
    return line is not None and (other is None or line < other)


class Recorder:
    """Collects what a format reads from one source; `trace()` hands it over."""

    def __init__(self, drain: Callable[[raw.RawTrace], None] | None = None) -> None:
        """An empty recorder. `drain` takes what was recorded whenever that is much, so that it is not held."""
        self._drain = drain
        self._told = 0
        self._spans = _Columns(raw.RAW_SPANS)
        self._agents = _Columns(raw.RAW_AGENTS)
        self._marks = _Columns(raw.RAW_MARKS)
        self._links = _Columns(raw.RAW_LINKS)
        self._calls = _Columns(raw.RAW_CALLS)
        self._prefixes = _Columns(raw.RAW_PREFIXES)
        self._sessions = _Columns(raw.RAW_SESSIONS)
        self._edges: dict[tuple[str, str], bool] = {}
        self._findings: dict[str, dict[str, Any]] = {}
        self._dialects: set[str] = set()
        self.records = 0

    def span(self, **values: Any) -> None:
        """One row of `raw.RAW_SPANS`; columns that are left out are null."""
        self._spans.append(values)
        self._drain_if_full()

    def extend_spans(self, columns: Mapping[str, Sequence[Any] | Column]) -> None:
        """Whole columns of `raw.RAW_SPANS`, all of one length; columns that are left out are null."""
        self._spans.extend(columns)
        self._drain_if_full()

    def agent(self, **values: Any) -> None:
        """One row of `raw.RAW_AGENTS`."""
        self._agents.append(values)

    def extend_agents(self, columns: Mapping[str, Sequence[Any] | Column]) -> None:
        """Whole columns of `raw.RAW_AGENTS`."""
        self._agents.extend(columns)

    def mark(self, **values: Any) -> None:
        """One row of `raw.RAW_MARKS`."""
        self._marks.append(values)

    def extend_marks(self, columns: Mapping[str, Sequence[Any] | Column]) -> None:
        """Whole columns of `raw.RAW_MARKS`."""
        self._marks.extend(columns)

    def link(self, **values: Any) -> None:
        """One row of `raw.RAW_LINKS`; a link whose ends are not both found becomes a finding."""
        self._links.append(values)

    def extend_links(self, columns: Mapping[str, Sequence[Any] | Column]) -> None:
        """Whole columns of `raw.RAW_LINKS`."""
        self._links.extend(columns)

    def extend_calls(self, columns: Mapping[str, Sequence[Any] | Column]) -> None:
        """Whole columns of `raw.RAW_CALLS`: which request asked for which call, or had its result."""
        self._calls.extend(columns)

    def prefix(self, **values: Any) -> None:
        """One row of `raw.RAW_PREFIXES`."""
        self._prefixes.append(values)

    def extend_prefixes(self, columns: Mapping[str, Sequence[Any] | Column]) -> None:
        """Whole columns of `raw.RAW_PREFIXES`."""
        self._prefixes.extend(columns)

    def session(self, **values: Any) -> None:
        """One row of `raw.RAW_SESSIONS`."""
        self._sessions.append(values)

    def extend_sessions(self, columns: Mapping[str, Sequence[Any] | Column]) -> None:
        """Whole columns of `raw.RAW_SESSIONS`."""
        self._sessions.extend(columns)

    def same_session(self, key_a: str, key_b: str) -> None:
        """Rows under these two session keys belong to one session."""
        self._edges[(key_a, key_b)] = True

    def same_family(self, key_a: str, key_b: str) -> None:
        """Rows under these two keys may be copies of each other (a fork), in sessions of their own."""
        self._edges.setdefault((key_a, key_b), False)

    def records_before(self, count: int) -> None:
        """What is recorded comes after so many records, which are counted elsewhere."""
        self.records = self._told = count

    def dialect(self, name: str) -> None:
        """The source uses this dialect of its format."""
        self._dialects.add(name)

    def finding(
        self, code: str, severity: Severity, example: str, *, line: int | None = None, count: int = 1
    ) -> None:
        """Counts a finding; the example of the first line is kept, in whatever order they are found."""
        entry = self._findings.get(code)
        if entry is None:
            entry = {"code": code, "severity": severity.value, "count": 0, "line": line, "example": example}
            self._findings[code] = entry
        entry["count"] += count
        if comes_before(line, entry["line"]):
            entry["line"], entry["example"] = line, example

    def _drain_if_full(self) -> None:
        if self._drain is not None and self._spans.rows >= _DRAINED_ROWS:
            self._drain(self.trace())

    def trace(self) -> raw.RawTrace:
        """All that was recorded since the last time."""
        records, self._told = self.records - self._told, self.records
        edges = _Columns(raw.RAW_KEY_EDGES)
        for (key_a, key_b), strong in self._edges.items():
            edges.append({"key_a": key_a, "key_b": key_b, "strong": strong})
        findings = _Columns(raw.RAW_FINDINGS)
        for entry in self._findings.values():
            findings.append({**entry, "example": entry["example"][:_EXAMPLE_LIMIT]})
        self._edges, self._findings = {}, {}
        return raw.RawTrace(
            spans=self._spans.table(),
            agents=self._agents.table(),
            marks=self._marks.table(),
            links=self._links.table(),
            calls=self._calls.table(),
            prefixes=self._prefixes.table(),
            sessions=self._sessions.table(),
            key_edges=edges.table(),
            findings=findings.table(),
            records=records,
            dialects=tuple(sorted(self._dialects)),
        )
