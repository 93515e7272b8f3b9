"""A trace in a folder: one Parquet file for each table, written beside and renamed."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from agenttrace.errors import InputError, UsageError
from agenttrace.model.schema import TRACE_TABLES
from agenttrace.model.trace import Trace


def save(trace: Trace, folder: str | Path) -> None:
    """Writes the tables of `trace`; the folder appears complete or not at all.

    A folder that exists is replaced only if it holds a saved trace: UsageError otherwise.

    >>> import agenttrace, tempfile, pathlib
    >>> trace = agenttrace.read("sample_traces/claude-code/fan-out.jsonl")
    >>> agenttrace.save(trace, pathlib.Path(tempfile.mkdtemp(), "kept"))
    """
    target = Path(folder)
    if target.exists() and not _is_trace(target):
        raise UsageError(
            "exists and is no saved trace", where=str(target), hint="choose a folder that is not there yet"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        for table in TRACE_TABLES:
            pq.write_table(getattr(trace, table.name), beside / f"{table.name}.parquet", compression="zstd")
        if target.exists():
            shutil.rmtree(target)
        beside.replace(target)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def load(folder: str | Path) -> Trace:
    """The trace that `save` wrote there. Raises InputError where none is, or where it is damaged.

    >>> import agenttrace, tempfile, pathlib
    >>> place = pathlib.Path(tempfile.mkdtemp(), "kept")
    >>> agenttrace.save(agenttrace.read("sample_traces/claude-code/fan-out.jsonl"), place)
    >>> agenttrace.load(place).sessions.num_rows
    1
    """
    tables = {}
    for table in TRACE_TABLES:
        file = Path(folder) / f"{table.name}.parquet"
        try:
            found = pq.read_table(file)
        except (OSError, pa.ArrowException) as error:
            raise InputError("no saved trace", where=str(file), hint="`save` writes one") from error
        tables[table.name] = pa.table(
            [_cast(found[field.name], field.type) for field in table.arrow], schema=table.arrow
        )
    return Trace(**tables)


def _cast(column: pa.ChunkedArray[Any], to: pa.DataType) -> pa.ChunkedArray[Any]:
    cast: pa.ChunkedArray[Any] = column if column.type == to else column.cast(to)
    return cast


def _is_trace(folder: Path) -> bool:
    expected = {f"{table.name}.parquet" for table in TRACE_TABLES}
    return folder.is_dir() and {file.name for file in folder.iterdir()} <= expected
