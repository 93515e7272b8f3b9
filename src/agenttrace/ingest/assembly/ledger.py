"""Findings that assembly makes: grouped by code and file, with the first example and its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.ingest.recorder import comes_before
from agenttrace.ingest.source import shown
from agenttrace.model.schema import FINDINGS
from agenttrace.model.vocabulary import Severity


class LedgerRow(NamedTuple):
    """A finding, as it travels from one ledger to another."""

    code: str
    severity: str
    times: int
    path: str | None
    line: int | None
    example: str


@dataclass(slots=True)
class Ledger:
    """Collects findings; `paths` are the sources in order of `origin`."""

    paths: Sequence[str]
    _rows: dict[tuple[str, str | None], list[Any]] = field(default_factory=dict)

    def add(
        self,
        code: str,
        severity: Severity,
        example: str,
        *,
        count: int = 1,
        path: str | None = None,
        line: int | None = None,
    ) -> None:
        """Counts a finding of one file, or of no file in particular."""
        if not count:
            return
        path = None if path is None else shown(path)
        row = self._rows.setdefault((code, path), [code, severity.value, 0, path, line, example])
        row[2] += count
        if comes_before(line, row[4]):
            row[4:] = [line, example]

    def add_rows(self, code: str, severity: Severity, example: str, rows: pl.DataFrame) -> None:
        """Counts a finding once for each row, by source; the first place stands for all."""
        if rows.is_empty():
            return
        grouped = rows.group_by("origin").agg(pl.len(), pl.col("line").min()).sort("origin")
        for origin, count, line in grouped.iter_rows():
            path = self.paths[origin] if origin is not None and origin >= 0 else None
            self.add(code, severity, example, count=count, path=path, line=line)

    def add_where(
        self, code: str, severity: Severity, example: str, rows: pl.DataFrame, which: NDArray[np.bool_]
    ) -> None:
        """The same of those rows alone."""
        if which.any():
            self.add_rows(code, severity, example, rows.select("origin", "line").filter(pl.Series(which)))

    def rows(self) -> list[LedgerRow]:
        """All findings, for another ledger to take."""
        return [LedgerRow(*row) for row in self._rows.values()]

    def take(self, rows: Iterable[LedgerRow]) -> None:
        """Counts what another ledger holds, too."""
        for row in rows:
            self.add(
                row.code,
                Severity(row.severity),
                row.example,
                count=row.times,
                path=row.path,
                line=row.line,
            )

    def take_table(self, findings: pa.Table) -> None:
        """Counts what `table` gave some other day."""
        for row in findings.to_pylist():
            severity = Severity(row["severity"])
            self.add(
                row["code"], severity, row["example"], count=row["count"], path=row["file"], line=row["line"]
            )

    def table(self) -> pa.Table:
        """All findings, in the order of code and file."""
        rows = sorted(self._rows.values(), key=lambda row: (str(row[0]), str(row[3] or "")))
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(FINDINGS.columns)
        arrays = [
            pa.array(values, c.type.value_type).dictionary_encode().cast(c.type)
            if pa.types.is_dictionary(c.type)
            else pa.array(values, c.type)
            for values, c in zip(columns, FINDINGS.columns, strict=True)
        ]
        return pa.table(arrays, schema=FINDINGS.arrow)
