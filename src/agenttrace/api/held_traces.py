"""Traces that lie on disk between two looks at them: one at their requests, one at everything."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeAlias

import pyarrow as pa

from agenttrace.dataset.partition import Wanted
from agenttrace.dataset.stored import Stored
from agenttrace.ingest.assembly.buckets import Bucket, StoredBucket
from agenttrace.model.schema import PREFIXES, SPANS, TRACE_TABLES
from agenttrace.model.trace import Trace

_NEVER_LOOKED_AT = {"request_id", "client_request_id", "kv_hint", "kv_hit_rate", "session_final"}

ANALYSED = Wanted(
    columns=frozenset(column.name for column in SPANS.columns) - _NEVER_LOOKED_AT,
    tables=frozenset(table.name for table in TRACE_TABLES) - {PREFIXES.name},
)
"""What `analyze` reads of a dataset."""

_PACKING: Literal["lz4"] | None = "lz4" if pa.Codec.is_available("lz4") else None

Place: TypeAlias = str | Stored
"""A file, or a part of a dataset."""


class HeldTraces:
    """A folder for traces, where TMPDIR says. To be closed."""

    def __init__(self) -> None:
        """Empty."""
        self._folder = tempfile.TemporaryDirectory(prefix="agenttrace-")

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Closes it."""
        self.close()

    def close(self) -> None:
        """Removes what lies on disk."""
        self._folder.cleanup()

    def places(self, count: int) -> list[str]:
        """A place for each of so many traces, for any process of this machine."""
        return [str(Path(self._folder.name) / f"{number}.arrows") for number in range(count)]


def hold(trace: Trace, place: str) -> None:
    """Writes a trace: its tables below each other as Arrow streams, without columns of which nothing is known.

    Packed: that takes less time than the system takes to find room for a tenfold of bytes.
    """
    options = pa.ipc.IpcWriteOptions(compression=_PACKING, use_threads=False)
    with pa.OSFile(place, "wb") as file:
        for table in TRACE_TABLES:
            rows: pa.Table = getattr(trace, table.name)
            known = [name for name in rows.column_names if rows[name].null_count < rows.num_rows]
            told = rows.select(known or rows.column_names).unify_dictionaries()
            with pa.ipc.new_stream(file, told.schema, options=options) as stream:
                stream.write_table(told)


def places_in(buckets: Sequence[Bucket | StoredBucket]) -> list[Place]:
    """The places of traces that a dataset holds, of which only what an analysis looks at will be read."""
    return [bucket.stored.only(ANALYSED) for bucket in buckets if isinstance(bucket, StoredBucket)]


def release(place: Place, *, keep: bool = False) -> Trace:
    """The trace that is held there, which is then gone, unless it is kept for another look or is of a dataset."""
    if isinstance(place, Stored):
        return place.trace()
    tables = {}
    options = pa.ipc.IpcReadOptions(use_threads=False)
    with pa.OSFile(place, "rb") as file:
        for table in TRACE_TABLES:
            told = pa.ipc.open_stream(file, options=options).read_all()
            there = set(told.column_names)
            unknown = {field.type for field in table.arrow if field.name not in there}
            nothing = {each: pa.nulls(told.num_rows, each) for each in unknown}
            columns = [
                told[field.name] if field.name in there else nothing[field.type] for field in table.arrow
            ]
            tables[table.name] = pa.table(columns, schema=table.arrow)
    if not keep:
        Path(place).unlink()
    return Trace(**tables)
