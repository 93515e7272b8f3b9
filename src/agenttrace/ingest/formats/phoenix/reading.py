"""The format as the rest of agenttrace sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agenttrace.ingest.csv_rows import columns_of, read_rows
from agenttrace.ingest.formats.phoenix.cells import as_told
from agenttrace.ingest.formats.phoenix.frames import WRAPPERS, is_span, is_table, records_in
from agenttrace.ingest.formats.phoenix.spans import span_of
from agenttrace.ingest.json_objects import read_objects
from agenttrace.ingest.parquet_rows import read_table
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import PARQUET_MAGIC, Source
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.ingest.telemetry.plain import add_span
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity


def read_spans(source: Source, recorder: Recorder) -> None:
    """Records all of the source."""
    intake, moments = Intake(recorder, column_of), Moments(recorder)
    for line, record in _records(source, recorder):
        number = intake.next_line(line)
        if is_span(record):
            add_span(intake, span_of(record, moments, number), number)
        else:
            what = "a record that is no span: left out"
            recorder.finding("record_unusable", Severity.WARNING, what, line=number)
            recorder.records += 1
    intake.finish()


def _records(source: Source, recorder: Recorder) -> Iterator[tuple[int | None, dict[str, Any]]]:
    if source.head.data.startswith(PARQUET_MAGIC):
        yield from ((None, row) for row in read_table(source, recorder))
        return
    if is_table(columns_of(source.head)):
        yield from ((line, as_told(row)) for line, row in read_rows(source, recorder))
        return
    for line, value in read_objects(source, recorder, WRAPPERS):
        yield from ((line, record) for record in records_in(value))
