"""A trace in a folder: one Parquet file for each table, written beside and renamed."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from agenttrace.model.schema import TRACE_TABLES
from agenttrace.model.trace import Trace


def save(trace: Trace, folder: str | Path) -> None:
    """Writes the tables of `trace`; the folder appears complete or not at all.

    A folder that exists is replaced only if it holds a saved trace: FileExistsError otherwise.
    """
    target = Path(folder)
    if target.exists() and not _is_trace(target):
        message = f"{target} exists and is no saved trace"
        raise FileExistsError(message)
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
    """The trace that `save` wrote there."""
    tables = {}
    for table in TRACE_TABLES:
        found = pq.read_table(Path(folder) / f"{table.name}.parquet")
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
