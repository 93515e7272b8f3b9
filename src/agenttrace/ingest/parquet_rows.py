"""The rows of a Parquet file, one after the other: bombs are refused, and damage costs what is behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from agenttrace.errors import InputError
from agenttrace.ingest.compressed import BOMB_BYTES, BOMB_RATIO
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.model.vocabulary import Severity

_BATCH_ROWS = 1024
_LARGEST_BYTES = 512 << 20
"""A file that is packed once more, or came from a pipe, is held in memory whole."""


def read_table(
    source: Source, recorder: Recorder, rows_at_once: int = _BATCH_ROWS
) -> Iterator[dict[str, Any]]:
    """Each row, without what is null. Where the file is damaged, what comes before that is used."""
    try:
        with pq.ParquetFile(_opened(source, recorder), pre_buffer=False) as file:
            _refuse_bomb(file, source)
            for batch in file.iter_batches(rows_at_once):
                yield from _rows(batch, recorder)
    except (pa.ArrowException, OSError, ValueError) as error:  # the last: names that are no UTF-8
        what = f"the file cannot be read any further: {type(error).__name__}"
        recorder.finding("damaged_file", Severity.WARNING, what)


def _opened(source: Source, recorder: Recorder) -> Any:
    if source.is_plain:
        return source.file
    content = bytearray()
    try:
        hint = "unpack it, and give the file by its name"
        for block in source.blocks_held(_LARGEST_BYTES, "a packed Parquet file", hint):
            content += block
    except DamagedEnd as error:
        recorder.finding("damaged_end", Severity.WARNING, f"the compressed file ends early: {error}")
    return pa.BufferReader(bytes(content))


def _refuse_bomb(file: pq.ParquetFile, source: Source) -> None:
    groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
    size = sum(group.total_byte_size for group in groups)
    if size > max(BOMB_BYTES, BOMB_RATIO * source.stored_bytes):
        raise InputError(
            f"a Parquet file that unpacks to {size >> 20:,} MiB", where=source.path, hint="export fewer spans"
        )


def _rows(batch: pa.RecordBatch, recorder: Recorder) -> Iterator[dict[str, Any]]:
    columns: dict[str, list[Any]] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        try:
            columns[name] = _values(column)
        except (pa.ArrowException, ValueError, OverflowError):
            what = f"a column that cannot be understood: {name}"
            recorder.finding("column_unusable", Severity.WARNING, what)
    for number in range(batch.num_rows):
        row = {name: values[number] for name, values in columns.items()}
        yield {name: value for name, value in row.items() if value is not None and value == value}  # noqa: PLR0124  # NaN


def _values(column: pa.Array[Any]) -> list[Any]:
    """Instants as nanoseconds, for Python's have none."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("ns", column.type.tz)).cast(pa.int64())
    found: list[Any] = column.to_pylist()
    return found
