"""Protobuf batches into the intake."""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import ResourceLogs
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from agenttrace.ingest.formats.otlp.intake import Intake
from agenttrace.ingest.formats.otlp.names import RESOURCE
from agenttrace.ingest.formats.otlp.protobuf_batches import Batch
from agenttrace.ingest.formats.otlp.protobuf_spans import Codes, add_spans, attributes_of
from agenttrace.ingest.formats.otlp.signals import Signal, signal_of
from agenttrace.model.vocabulary import Severity

_WANTED = frozenset(RESOURCE)


class ProtobufReading:
    """Reads the batches of one source."""

    def __init__(self, intake: Intake) -> None:
        """What is read goes to `intake`."""
        self._intake = intake
        self._codes = Codes()

    def read(self, found: Iterable[Batch]) -> None:
        """Reads every batch, whatever is wrong with another."""
        for batch in found:
            if batch.torn:
                self._found("torn_protobuf", "a message without its end: read as far as it is complete")
            if batch.data:
                self._read(batch.data)

    def _read(self, data: bytes) -> None:
        signal = signal_of(data)
        try:
            if signal is Signal.SPANS:
                self._spans(ResourceSpans.FromString(data))
            elif signal is Signal.LOGS:
                self._logs(ResourceLogs.FromString(data))
            elif signal is Signal.METRICS:
                self._intake.metrics(1, None)
        except DecodeError:
            self._found("broken_protobuf", "a batch that is not protobuf: left out")

    def _found(self, code: str, example: str) -> None:
        line = self._intake.next_line(None)
        self._intake.recorder.finding(code, Severity.WARNING, example, line=line)

    def _spans(self, batch: ResourceSpans) -> None:
        facts = _facts(batch.resource.attributes)
        for group in batch.scope_spans:
            origin = self._intake.origin(group.scope.name, facts)
            number = self._intake.next_line(None)
            add_spans(self._intake.builder, group.spans, origin, self._codes, self._intake.dropped, number)
            self._intake.advance(len(group.spans))

    def _logs(self, batch: ResourceLogs) -> None:
        for group in batch.scope_logs:
            for record in group.log_records:
                self._intake.logs.add(
                    group.scope.name,
                    record.event_name or None,
                    record.body.string_value or None,
                    (record.time_unix_nano, record.observed_time_unix_nano),
                    attributes_of(record.attributes),
                    self._intake.next_line(None),
                )
                self._intake.recorder.records += 1


def _facts(pairs: Iterable[KeyValue]) -> dict[str, str]:
    return {key: str(value) for key, value in attributes_of(pairs, _WANTED).items() if value is not None}
