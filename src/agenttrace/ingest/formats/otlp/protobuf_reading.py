"""Protobuf batches into the intake."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span

from agenttrace.ingest.formats.otlp.framing import fields
from agenttrace.ingest.formats.otlp.protobuf_batches import RECORDS, Batch, complete, modern
from agenttrace.ingest.formats.otlp.protobuf_blocks import BLOCK_BYTES, span_block
from agenttrace.ingest.formats.otlp.protobuf_salvage import first_resource, whole_logs, whole_spans
from agenttrace.ingest.formats.otlp.protobuf_spans import Codes, add_spans, attributes_of, facts_of
from agenttrace.ingest.formats.otlp.signals import Signal, signal_of
from agenttrace.ingest.shredded import UnusualShapeError
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.model.vocabulary import Severity


class ProtobufReading:
    """Reads the batches of one source."""

    def __init__(self, intake: Intake) -> None:
        """What is read goes to `intake`."""
        self._intake = intake
        self._codes = Codes()

    def read(self, found: Iterable[Batch]) -> None:
        """Reads every batch, whatever is wrong with another. Batches of spans are taken together, in blocks."""
        held = _Held()
        try:
            for batch in found:
                if batch.torn or signal_of(batch.data) is not Signal.SPANS:
                    self._block(held.taken())
                    self._one(batch)
                elif held.is_full_with(batch):
                    self._block(held.taken())
        finally:  # a damaged end comes after all that is good
            self._block(held.taken())

    def _block(self, batches: Sequence[bytes]) -> None:
        try:
            block = span_block(batches, self._intake, self._codes)
        except UnusualShapeError:
            for data in batches:
                self._one(Batch(data))
        else:
            block.add_to(self._intake)

    def _one(self, batch: Batch) -> None:
        if batch.torn:
            self._torn(batch.data)
        elif not self._whole(modern(batch.data)):
            self._found("broken_protobuf", "a batch that is not protobuf: its whole records are read")
            self._salvage(batch.data)

    def _torn(self, data: bytes) -> None:
        """A batch without its end; or one whose length is damaged, so that others hide in it."""
        self._found("torn_protobuf", "a message without its end: its complete records are read")
        known = modern(complete(data, RECORDS - 1))
        if _span_count(known) < len(whole_spans(data)) or not self._whole(known):
            self._salvage(data)

    def _whole(self, data: bytes) -> bool:
        """Reads a batch; False, and nothing is read, if it is broken."""
        signal = signal_of(data)
        try:
            if signal is Signal.SPANS:
                self._spans(ResourceSpans.FromString(data))
            elif signal is Signal.LOGS:
                self._logs(ResourceLogs.FromString(data))
            elif signal is Signal.METRICS:
                self._intake.metrics(1, None)
            else:
                return not _has_records(data)
        except DecodeError:
            return False
        return True

    def _salvage(self, data: bytes) -> None:
        facts = facts_of(first_resource(data).attributes)
        spans = whole_spans(data)
        self._group("", facts, spans)
        if not spans:
            self._records("", whole_logs(data))

    def _found(self, code: str, example: str) -> None:
        line = self._intake.next_line(None)
        self._intake.recorder.finding(code, Severity.WARNING, example, line=line)

    def _spans(self, batch: ResourceSpans) -> None:
        facts = facts_of(batch.resource.attributes)
        for group in batch.scope_spans:
            self._group(group.scope.name, facts, group.spans)

    def _group(self, scope: str, facts: dict[str, str], spans: Sequence[Span]) -> None:
        if spans:
            origin = self._intake.origin(scope, facts)
            number = self._intake.next_line(None)
            add_spans(self._intake.builder, spans, origin, self._codes, self._intake.dropped, number)
            self._intake.advance(len(spans))

    def _logs(self, batch: ResourceLogs) -> None:
        for group in batch.scope_logs:
            self._records(group.scope.name, group.log_records)

    def _records(self, scope: str, records: Iterable[LogRecord]) -> None:
        for record in records:
            self._intake.logs.add(
                scope,
                record.event_name or None,
                record.body.string_value or None,
                (record.time_unix_nano, record.observed_time_unix_nano),
                attributes_of(record.attributes),
                self._intake.next_line(None),
            )
            self._intake.recorder.records += 1


class _Held:
    """Batches of spans that wait to be read together."""

    def __init__(self) -> None:
        self._batches: list[bytes] = []
        self._size = 0

    def is_full_with(self, batch: Batch) -> bool:
        self._batches.append(batch.data)
        self._size += len(batch.data)
        return self._size >= BLOCK_BYTES

    def taken(self) -> list[bytes]:
        batches, self._batches, self._size = self._batches, [], 0
        return batches


def _span_count(data: bytes) -> int:
    try:
        batch = ResourceSpans.FromString(data) if signal_of(data) is Signal.SPANS else ResourceSpans()
    except DecodeError:
        return 0
    return sum(len(group.spans) for group in batch.scope_spans)


def _has_records(data: bytes) -> bool:
    """Whether there is more than a resource and groups without records: something that was not understood."""
    end = 0
    for field in fields(data):
        end = field.end
        inside = fields(data, field.begin, field.end) if field.number not in (1, 3) else ()
        if any(inner.number == RECORDS for inner in inside):
            return True
    return end != len(data)
