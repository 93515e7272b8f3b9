"""`--parquet`: the tables of an analysis in a folder, for polars, DuckDB, pandas and whatever else reads Parquet.

Each table is a folder of its own, with a file for each piece of the trace that was analysed by itself; nothing is
cut off in them, as it is in lists that people look at. `sessions/*.parquet` and so on are the tables.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Set as AbstractSet
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from agenttrace.critical_path.analysis import Analysis
from agenttrace.errors import UsageError

if TYPE_CHECKING:
    from agenttrace.report.redaction import Redaction

_OF_ALL = frozenset({"sources", "findings", "queues", "by_turn", "by_branch"})
"""Tables whose rows are of no session: only all pieces together make them."""

TABLES = tuple(field.name for field in fields(Analysis))


def write_piece(analysis: Analysis, folder: str, number: int, only: AbstractSet[str] | None = None) -> None:
    """The tables of a piece's sessions, before anything is cut off. `only`: of these sessions; null: of all."""
    for name in TABLES:
        if name not in _OF_ALL:
            frame = getattr(analysis, name)
            kept = frame if only is None else frame.filter(pl.col("session").is_in(sorted(only)))
            _write(kept, Path(folder) / name, number)


def _write(frame: pl.DataFrame, folder: Path, number: int) -> None:
    folder.mkdir(exist_ok=True)
    frame.write_parquet(folder / f"{number:05}.parquet")


class TableFolder:
    """The folder, which appears whole or not at all; pieces are written to `path` until it is completed."""

    def __init__(self, target: str) -> None:
        """Nothing in it yet. UsageError where there is something else of that name, or nothing can be written."""
        self._target = Path(target)
        if self._target.exists() and not _holds_tables(self._target):
            raise UsageError(
                "exists, and holds no tables of an analysis", where=target, hint="name another folder"
            )
        try:
            self._target.parent.mkdir(parents=True, exist_ok=True)
            beside = self._target.parent / f".{self._target.name}-{uuid.uuid4().hex[:8]}"
            beside.mkdir()
        except OSError as error:
            raise UsageError(f"cannot be written: {error.strerror or error}", where=target) from error
        self.path = str(beside)

    def complete(self, whole: Analysis, redaction: Redaction | None) -> None:
        """Adds what only all pieces tell, hashes words if that is asked for, and puts the folder in its place."""
        if redaction is not None:
            for file in Path(self.path).rglob("*.parquet"):
                redaction.table(file.parent.name, pl.read_parquet(file)).write_parquet(file)
        for name in _OF_ALL:  # of an analysis that is redacted already, if it is
            _write(getattr(whole, name), Path(self.path) / name, 0)
        if self._target.exists():
            shutil.rmtree(self._target)
        Path(self.path).replace(self._target)

    def close(self) -> None:
        """Takes away what was not completed."""
        shutil.rmtree(self.path, ignore_errors=True)


def _holds_tables(folder: Path) -> bool:
    return folder.is_dir() and {inner.name for inner in folder.iterdir()} <= set(TABLES)
