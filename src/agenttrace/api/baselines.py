"""Baselines: the session summaries of a side as one small Parquet file."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from agenttrace.diff.summaries import COLUMNS, VERSION
from agenttrace.errors import InputError
from agenttrace.ingest.own_files import BASELINE_KEY

_MAGIC = b"PAR1"


def is_baseline(path: str) -> bool:
    """Whether it is a file that `baseline_file` wrote; by content, not by name."""
    file = Path(path)
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        if opened.read(4) != _MAGIC:
            return False
    try:
        return BASELINE_KEY in (pq.read_schema(file).metadata or {})
    except (pa.ArrowException, OSError):
        return False


def baseline_file(sessions: pl.DataFrame) -> bytes:
    """The file's bytes; the same sessions give the same bytes."""
    table = sessions.to_arrow().replace_schema_metadata({BASELINE_KEY: str(VERSION).encode()})
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue().to_pybytes()


def load_baseline(path: str) -> pl.DataFrame:
    """The sessions that were saved. Raises InputError where they are of another version, or damaged."""
    try:
        table = pq.read_table(path)
        version = int((table.schema.metadata or {}).get(BASELINE_KEY, b"0"))
        if version != VERSION:
            raise InputError(
                f"a baseline of version {version}, expected {VERSION}",
                where=path,
                hint="save the baseline again",
            )
        frame = pl.DataFrame(pl.from_arrow(table))
        return frame.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items())
    except (pa.ArrowException, pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise InputError("a damaged baseline", where=path, hint="save the baseline again") from error
