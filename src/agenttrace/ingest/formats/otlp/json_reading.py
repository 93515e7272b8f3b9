"""JSON documents into the intake: the typed decoder first, then value by value, then record by record."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

import msgspec

from agenttrace.ingest.formats.otlp import json_spans
from agenttrace.ingest.formats.otlp.json_lenient import Lenient
from agenttrace.ingest.formats.otlp.json_messages import (
    Document,
    LogRecord,
    ResourceData,
    ScopeLogs,
    ScopeSpans,
    experienced_decoder,
    facts_of,
    scalar,
)
from agenttrace.ingest.formats.otlp.json_pieces import Piece, single_records
from agenttrace.ingest.formats.otlp.json_shapes import Shapes
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.spans import PART_ROWS
from agenttrace.model.vocabulary import Severity


class JsonReading:
    """Reads the documents of one source."""

    def __init__(self, intake: Intake) -> None:
        """What is read goes to `intake`."""
        self._intake = intake
        self._decoder = experienced_decoder()
        self._shapes = Shapes(intake.builder)

    def read(self, documents: Iterable[Piece]) -> None:
        """Reads every document, whatever is wrong with another."""
        try:
            for piece in documents:
                if piece.torn:
                    what = "a document without its end: read as far as it is complete"
                    self._found("torn_document", what, piece)
                if piece.text:
                    self._read(piece)
        finally:  # a damaged end comes after all that is good
            self._shapes.flush()

    def _read(self, piece: Piece) -> None:
        try:
            document = self._decoder.decode(piece.text)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self._careful(piece)
        else:
            self._take(document, piece.line)

    def _careful(self, piece: Piece) -> None:
        try:
            piece.text.decode()
        except UnicodeDecodeError:
            self._found("invalid_utf8", "bytes that are no UTF-8: replaced", piece)
        lenient = Lenient()
        try:
            document = lenient.decode(piece.text)
        except (ValueError, RecursionError):
            self._salvage(piece)
        else:
            self._take(document, piece.line)
            self._faults(lenient, piece)

    def _salvage(self, piece: Piece) -> None:
        """Each record that is complete, of a document that is broken somewhere."""
        self._found("broken_json", "a document that is not JSON: its complete records are read", piece)
        for text in single_records(piece.text):
            lenient = Lenient()
            try:
                document = lenient.decode(text)
            except (ValueError, RecursionError):
                self._found("broken_record", "a span or log record that is not JSON: left out", piece)
            else:
                self._take(document, piece.line)
                self._faults(lenient, piece)

    def _faults(self, lenient: Lenient, piece: Piece) -> None:
        if lenient.faults:
            self._found(
                "wrong_type", "a value of another type than OTLP has: left out", piece, lenient.faults
            )

    def _found(self, code: str, example: str, piece: Piece, count: int = 1) -> None:
        line = self._intake.next_line(piece.line)
        self._intake.recorder.finding(code, Severity.WARNING, example, line=line, count=count)

    def _take(self, document: Document, line: int | None) -> None:
        for resource in chain(document.resource_spans or (), document.resource_logs or (), (document,)):
            self._resource(resource, line)
        self._intake.metrics(len(document.resource_metrics or ()), line)

    def _resource(self, resource: ResourceData, line: int | None) -> None:
        facts: dict[str, str] | None = None
        for spans in chain(resource.scope_spans or (), resource.instrumentation_library_spans or ()):
            if spans.spans:
                facts = facts if facts is not None else facts_of(resource.resource)
                self._spans(spans, facts, line)
        for logs in chain(resource.scope_logs or (), resource.instrumentation_library_logs or ()):
            for record in chain(logs.log_records or (), logs.logs or ()):
                self._log(logs, record, line)

    def _spans(self, group: ScopeSpans, facts: dict[str, str], line: int | None) -> None:
        spans = group.spans or []
        origin = self._intake.origin(_scope_name(group), facts)
        number = self._intake.next_line(line)
        lines = range(number, number + len(spans)) if line is None else [line] * len(spans)
        builder = self._intake.builder
        json_spans.add_spans(builder, self._shapes, spans, origin, lines, self._intake.dropped)
        if builder.pending >= PART_ROWS:
            self._shapes.flush()
        self._intake.advance(len(spans))

    def _log(self, group: ScopeLogs, record: LogRecord, line: int | None) -> None:
        body = record.body.string_value if record.body is not None else None
        self._intake.logs.add(
            _scope_name(group),
            record.event_name,
            body,
            (record.time_unix_nano or 0, record.observed_time_unix_nano or 0),
            {attribute.key: scalar(attribute.value) for attribute in record.attributes or ()},
            self._intake.next_line(line),
        )
        self._intake.recorder.records += 1


def _scope_name(group: ScopeSpans | ScopeLogs) -> str:
    scope = group.scope or group.instrumentation_library
    return (scope.name if scope is not None else None) or ""
