"""From the raw tables of all sources to one trace."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from agenttrace.ingest.assembly.assembling import About
from agenttrace.ingest.assembly.buckets import Bucket
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.parts import Part, Told, part_of
from agenttrace.ingest.assembly.store import RawStore
from agenttrace.ingest.assembly.tables import (
    arrow_table,
)
from agenttrace.ingest.joining.clocks import report_clocks
from agenttrace.ingest.joining.matching import match_views
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.source import shown
from agenttrace.model.schema import SOURCES
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Severity
from agenttrace.workers.engine import Engine, InThisProcess

DEFAULT_SUSPEND_NS = 30 * 60 * 10**9


@dataclass(frozen=True, slots=True)
class ReadSource:
    """A source after reading: what the sources table says of it, and its raw rows."""

    path: str
    format: str
    stored_bytes: int
    raw: RawTrace


class OfSource(NamedTuple):
    """What a source is known by."""

    path: str
    format: str
    stored_bytes: int


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A source after reading, or a part of it, or several sources.

    `lines_before`: those of the source that its lines do not count.
    """

    sources: Sequence[OfSource]
    part: Part
    lines_before: int = 0


def assemble(
    sources: Sequence[ReadSource],
    findings: Ledger | None = None,
    *,
    suspend_after_ns: int = DEFAULT_SUSPEND_NS,
) -> Trace:
    """One trace of all sources; the same, whatever their order, but for the numbers of the sources.

    `findings` holds those made before (files that were no traces). Waiting beyond `suspend_after_ns` in
    which nothing ran is suspended time.
    """
    with RawStore(memory_bytes=sys.maxsize) as store:
        run = Assembly(store, findings or Ledger(()), suspend_after_ns)
        for source in sources:
            of = OfSource(source.path, source.format, source.stored_bytes)
            run.add(ReadPart([of], part_of([source.raw])))
        (bucket,) = run.buckets(InThisProcess())
        assembled = bucket.assemble()
        run.ledger.take(assembled.findings)
        return replace(assembled.trace, findings=run.ledger.table())


class Assembly:
    """Sources go in, traces of complete sessions come out."""

    def __init__(self, store: RawStore, ledger: Ledger, suspend_after_ns: int) -> None:
        """`ledger` keeps all findings, those made before too."""
        self.ledger = ledger
        self._paths: list[str] = []
        self._numbers: dict[str, int] = {}
        ledger.paths = self._paths
        self._store = store
        self._suspend_after_ns = suspend_after_ns
        self._sources: list[dict[str, Any]] = []

    def add(self, read: ReadPart) -> None:
        """Sources, or one more part of sources that have the same paths."""
        part = read.part.placed([self._number(source) for source in read.sources], read.lines_before)
        for source, told in zip(read.sources, part.told, strict=True):
            self._take_told(source.path, told)
        if part.rows is not None:
            self._store.add(part)

    def _number(self, source: OfSource) -> int:
        number = self._numbers.setdefault(source.path, len(self._paths))
        if number == len(self._paths):
            self._paths.append(source.path)
            about = {"path": shown(source.path), "format": source.format, "bytes": source.stored_bytes}
            self._sources.append({**about, "records": 0, "dialects": set()})
        return number

    def _take_told(self, path: str, told: Told) -> None:
        source = self._sources[self._numbers[path]]
        source["records"] += told.records
        source["dialects"].update(told.dialects)
        if told.unit:
            what = f"instants in 1970: the numbers are those of {told.unit}, and are read as nanoseconds"
            self.ledger.add("unit_mistaken", Severity.WARNING, what, path=path)
        for found in told.findings:
            self.ledger.add(
                found.code, found.severity, found.example, count=found.times, path=path, line=found.line
            )

    def buckets(self, engine: Engine) -> list[Bucket]:
        """All sessions, in pieces that can be assembled anywhere; the ledger is to take what is found then."""
        dialects = [",".join(sorted(source["dialects"])) for source in self._sources]
        matches = match_views(self._store, [_view(source) for source in self._sources])
        report_clocks(matches.ahead, self.ledger)
        self._store.join(matches.edges())
        formats = [source["format"] for source in self._sources]
        about = About(self._paths, formats, dialects, self._source_table(dialects))
        return [
            Bucket(rows, matches.among(rows.members), about, self._suspend_after_ns)
            for rows in self._store.buckets(engine)
        ]

    def _source_table(self, dialects: Sequence[str]) -> pa.Table:
        columns = {
            name: [source[name] for source in self._sources]
            for name in ("path", "format", "records", "bytes")
        }
        numbers = {"source": np.arange(len(self._sources), dtype=np.int32)}
        told = {"dialect": [said or None for said in dialects]}
        return arrow_table(
            SOURCES,
            pl.DataFrame(
                {**numbers, **columns, **told},
                schema_overrides={
                    "dialect": pl.String,
                    "path": pl.String,
                    "format": pl.String,
                    "records": pl.Int64,
                    "bytes": pl.Int64,
                },
            ),
        )


def _view(source: Mapping[str, Any]) -> str:
    """What a source sees of a run; of which version its program is makes no difference."""
    return " ".join(
        [source["format"], *sorted(word for word in source["dialects"] if not word[:1].isdigit())]
    )
