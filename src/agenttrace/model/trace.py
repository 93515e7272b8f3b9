"""A trace: the tables of architecture.md section 4, validated, and the only thing that floors exchange."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.display import Fact, card, line
from agenttrace.model.schema import TRACE_TABLES, Table

CHUNK_SPANS = 100_000


class SchemaError(Exception):
    """A table does not have the declared columns: a defect of agenttrace, never of its input."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Arrow tables, sorted by session; all rows of a session stand together in each of them."""

    sessions: pa.Table
    agents: pa.Table
    spans: pa.Table
    marks: pa.Table
    links: pa.Table
    prefixes: pa.Table
    findings: pa.Table
    sources: pa.Table

    def __post_init__(self) -> None:
        """Raises SchemaError where a table's columns are not the declared ones."""
        for declared in TRACE_TABLES:
            _check(declared, getattr(self, declared.name))

    def __repr__(self) -> str:
        """One line: how much of what there is."""
        return line("Trace", self._facts())

    def _repr_html_(self) -> str:
        """A small table for notebooks."""
        return card("Trace", self._facts())

    def _facts(self) -> list[Fact]:
        names = ("sessions", "agents", "spans", "findings", "sources")
        formats = sorted({str(name) for name in pc.unique(self.sources["format"]).to_pylist()})
        counts = [(name, f"{getattr(self, name).num_rows:,}") for name in names]
        return [*counts, ("formats", " ".join(formats) or "none")]

    def chunks(self, spans: int = CHUNK_SPANS) -> Iterator[Trace]:
        """Pieces of complete sessions with about `spans` spans each; findings and sources stay behind.

        A session that is larger than that is a piece of its own.
        """
        if 0 < self.spans.num_rows <= spans:
            yield self
            return
        names = self.sessions["session"].combine_chunks()
        lengths = _rows_by_session(self.spans, names)
        first = 0
        for last in _piece_ends(lengths, spans):
            yield self._slice(names, first, last)
            first = last

    def _slice(self, names: pa.Array[Any], first: int, last: int) -> Trace:
        cut = {"sessions": self.sessions.slice(first, last - first)}
        for name in ("agents", "spans", "marks", "links", "prefixes"):
            table = getattr(self, name)
            offsets = np.concatenate([[0], np.cumsum(_rows_by_session(table, names))])
            cut[name] = table.slice(int(offsets[first]), int(offsets[last] - offsets[first]))
        return replace(self, **cut)

    def timed(self) -> Trace:
        """The sessions of which the source says how long things took: without workloads."""
        if pc.all(self.sessions["timed"]).as_py() is not False:
            return self
        names = self.sessions.filter(self.sessions["timed"])["session"].to_pylist()
        return self.only([str(name) for name in names])

    def only(self, sessions: Sequence[str]) -> Trace:
        """The trace of these sessions; findings and sources stay."""
        names = pa.array(sessions, pa.string())
        kept = {
            field.name: _of_sessions(getattr(self, field.name), names)
            for field in fields(self)
            if field.name not in {"findings", "sources"}
        }
        return replace(self, **kept)

    def select(self, session: str) -> Trace:
        """The trace of one session; empty where there is no such session."""
        chosen = {
            field.name: _where(getattr(self, field.name), session)
            for field in fields(self)
            if field.name not in {"findings", "sources"}
        }
        return replace(self, **chosen)


def _of_sessions(table: pa.Table, names: pa.Array[Any]) -> pa.Table:
    chosen = pc.is_in(table["session"], value_set=names)
    rows = np.flatnonzero(chosen.to_numpy())
    if len(rows) and rows[-1] - rows[0] == len(rows) - 1:
        return table.slice(int(rows[0]), len(rows))
    return table.filter(chosen)


def _where(table: pa.Table, session: str) -> pa.Table:
    return table.filter(pc.equal(table["session"], pa.scalar(session)))


def _rows_by_session(table: pa.Table, names: pa.Array[Any]) -> np.ndarray:
    """Rows of each session; relies on the table being in the order of `names`."""
    counted = pc.value_counts(table["session"])
    rows = dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))
    return np.array([rows.get(name, 0) for name in names.to_pylist()], dtype=np.int64)


def _piece_ends(lengths: np.ndarray, spans: int) -> list[int]:
    ends: list[int] = []
    size = 0
    for index, length in enumerate(lengths.tolist()):
        if size and size + length > spans:
            ends.append(index)
            size = 0
        size += length
    if len(lengths):
        ends.append(len(lengths))
    return ends


def _check(declared: Table, table: pa.Table) -> None:
    if not table.schema.equals(declared.arrow):
        wrong = [
            f"{found} instead of {wanted}"
            for found, wanted in zip(table.schema, declared.arrow, strict=False)
            if not found.equals(wanted)
        ]
        message = f"table {declared.name}: {'; '.join(wrong) or 'columns are missing or added'}"
        raise SchemaError(message)
