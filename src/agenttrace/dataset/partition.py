"""A partition: complete sessions, sorted by name, in a folder of one Parquet file a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.dataset.encoding import read_table, write_table
from agenttrace.dataset.location import Location
from agenttrace.model.schema import AGENTS, FINDINGS, LINKS, MARKS, PREFIXES, SESSIONS, SPANS, Table
from agenttrace.model.trace import Trace

TABLES = (SESSIONS, AGENTS, SPANS, MARKS, LINKS, PREFIXES)
"""What a partition holds; sources and findings are of the whole dataset."""

_WHOLE = "partition.json"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read of a partition. Null stands for all; `columns`: of spans; `tables`: others come without rows."""

    columns: frozenset[str] | None = None
    tables: frozenset[str] | None = None
    sessions: Sequence[str] | None = None


EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition, by its place. It can be pickled: it is what travels to whoever works on it."""

    place: Location

    def write(self, traces: Sequence[Trace]) -> int:
        """Sessions of several traces, of which no two have one of the same name: so many bytes. Whole once sealed."""
        self.place.make()
        order = _Order.of([trace.sessions for trace in traces])
        size = 0
        for table in TABLES:
            rows = pa.concat_tables([getattr(trace, table.name) for trace in traces])
            size += write_table(order.sorted(rows), self._file(table))
        return size

    def seal(self, note: Mapping[str, Any]) -> None:
        """Says that it is whole, and what there is to say of it."""
        self.place.sweep()
        text = json.dumps(note, separators=(",", ":")).encode()
        (self.place / _WHOLE).write(lambda file: file.write(text))

    def note(self) -> Any:  # noqa: ANN401  # what `seal` was given, as JSON has it
        """What was said of it when it was whole; null where it is not."""
        mark = self.place / _WHOLE
        return json.loads(mark.read()) if mark.exists() else None

    def read(self, sources: pa.Table, wanted: Wanted = EVERYTHING) -> Trace:
        """Its sessions, in the order of a trace: by start, then by name. Without findings."""
        tables = {table.name: self._read(table, wanted) for table in TABLES}
        return _in_time(tables, sources)

    def _read(self, table: Table, wanted: Wanted) -> pa.Table:
        if wanted.tables is not None and table.name not in wanted.tables:
            return table.empty
        columns = sorted(wanted.columns) if wanted.columns is not None and table is SPANS else None
        return read_table(table, self._file(table), columns, wanted.sessions)

    def sessions(self) -> pa.Table:
        """Its sessions, by name."""
        return read_table(SESSIONS, self._file(SESSIONS))

    def _file(self, table: Table) -> Location:
        return self.place / f"{table.name}.parquet"


def in_time(traces: Sequence[Trace], sources: pa.Table) -> Trace:
    """Sessions of several traces as one trace, in its order."""
    together = {
        table.name: pa.concat_tables([getattr(trace, table.name) for trace in traces]) for table in TABLES
    }
    return _in_time(together, sources)


def _in_time(tables: Mapping[str, pa.Table], sources: pa.Table) -> Trace:
    order = _Order.in_time(tables["sessions"])
    rows = {name: order.sorted(table) for name, table in tables.items()}
    return Trace(**rows, findings=FINDINGS.empty, sources=sources)


@dataclass(frozen=True, slots=True)
class _Order:
    """Names of sessions in the order in which their rows are to stand."""

    names: pa.Array[Any]

    @classmethod
    def of(cls, sessions: Sequence[pa.Table]) -> _Order:
        """By name."""
        return cls(
            pa.concat_tables([table.select(["session"]) for table in sessions])["session"]
            .combine_chunks()
            .sort()
        )

    @classmethod
    def in_time(cls, sessions: pa.Table) -> _Order:
        """By start, then by name."""
        keys: list[tuple[str, Literal["ascending", "descending"]]] = [
            ("start_ns", "ascending"),
            ("session", "ascending"),
        ]
        names = sessions.select(["session", "start_ns"])
        return cls(names.take(pc.sort_indices(names, sort_keys=keys))["session"].combine_chunks())

    def sorted(self, table: pa.Table) -> pa.Table:
        """The rows of each session as they stand, the sessions in this order."""
        place = pc.index_in(table["session"].combine_chunks(), value_set=self.names).to_numpy(
            zero_copy_only=False
        )
        if not len(place) or (np.diff(place) >= 0).all():
            return table.unify_dictionaries()
        return table.unify_dictionaries().combine_chunks().take(np.argsort(place, kind="stable"))
