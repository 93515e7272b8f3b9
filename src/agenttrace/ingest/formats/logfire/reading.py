"""The format as the rest of agenttrace sees it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agenttrace.ingest import csv_rows
from agenttrace.ingest.csv_rows import columns_of
from agenttrace.ingest.formats.logfire.rows import (
    NEEDED,
    WRAPPERS,
    is_message,
    is_row,
    rows_of,
    typed,
)
from agenttrace.ingest.formats.logfire.spans import is_copy, span_of
from agenttrace.ingest.json_objects import read_objects
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.ingest.telemetry.plain import add_span
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity


def read_rows(source: Source, recorder: Recorder) -> None:
    """Records all of the source."""
    intake, moments = Intake(recorder, column_of), Moments(recorder)
    for line, row in _rows(source, recorder):
        number = intake.next_line(line)
        if is_row(row) and not is_copy(row):
            add_span(intake, span_of(row, moments, number), number)
        elif not is_message(row):
            _left_out(row, recorder, number)
    intake.finish()


def _rows(source: Source, recorder: Recorder) -> Iterator[tuple[int | None, dict[str, Any]]]:
    if columns_of(source.head) >= NEEDED:
        yield from ((line, typed(row)) for line, row in csv_rows.read_rows(source, recorder))
        return
    for line, value in read_objects(source, recorder, WRAPPERS):
        yield from ((line, row) for row in rows_of(value))


def _left_out(row: dict[str, object], recorder: Recorder, line: int) -> None:
    if is_row(row):
        what = "a row that copies an event of a span: its span has it"
        recorder.finding("span_event_row", Severity.INFO, what, line=line)
    else:
        what = "a row without ids or start: left out"
        recorder.finding("record_unusable", Severity.WARNING, what, line=line)
    recorder.records += 1
