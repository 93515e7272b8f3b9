"""Reads what a program printed: its spans, and how much there is beside them."""

from __future__ import annotations

from collections.abc import Iterator

from agenttrace.ingest.formats.otel_console.printed import Printed, is_span, printed
from agenttrace.ingest.formats.otel_console.spans import span_of
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.ingest.telemetry.plain import add_span
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity


def read_spans(source: Source, recorder: Recorder) -> None:
    """Records all of the source."""
    intake, moments = Intake(recorder, column_of), Moments(recorder)
    for piece in printed(_lines(source, recorder)):
        if not piece.whole:
            what = "other lines stand within an object: read without them"
            recorder.finding("joined_lines", Severity.INFO, what, line=piece.line)
        if is_span(piece.value):
            add_span(intake, span_of(piece.value, moments, piece.line), piece.line)
        else:
            recorder.records += 1
            _left_out(piece, recorder)
    intake.finish()


def _lines(source: Source, recorder: Recorder) -> Iterator[tuple[int, bytes]]:
    try:
        yield from source.lines()
    except DamagedEnd as error:
        recorder.finding("damaged_end", Severity.WARNING, f"the compressed file ends early: {error}")


def _left_out(piece: Printed, recorder: Recorder) -> None:
    if piece.torn:
        recorder.finding("broken_document", Severity.WARNING, "not JSON: left out", line=piece.line)
    elif isinstance(piece.value, dict):
        what = "an object that is no span (a log record or metrics, perhaps): left out"
        recorder.finding("record_unusable", Severity.INFO, what, line=piece.line)
    else:
        what = "a line that the program printed beside its spans: left out"
        recorder.finding("other_output", Severity.INFO, what, line=piece.line)
