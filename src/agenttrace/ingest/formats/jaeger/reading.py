"""The format as the rest of agenttrace sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from zlib import crc32

from agenttrace.ingest.formats.jaeger.documents import otlp_documents, traces
from agenttrace.ingest.formats.jaeger.spans import NS_IN_US, Faults, Record, plain_span
from agenttrace.ingest.json_values import read_values
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.plain import PlainSpan, add_span
from agenttrace.ingest.telemetry.remote_calls import handed_over, on_one_clock, with_own_ids
from agenttrace.ingest.telemetry.resource_spans import ResourceSpans
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity

_A_DAY_NS = 86_400 * 10**9

_WARNING_LIMIT = 160


def read_traces(source: Source, recorder: Recorder) -> None:
    """Records the spans of every trace in the source."""
    _Reading(recorder).read(source)


class _Reading:
    """One source being read."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._faults = Faults()
        self._spans: list[PlainSpan] = []

    def read(self, source: Source) -> None:
        values = [value for _, value in read_values(source, self._recorder)]
        self._recorder.records = 0
        for value in values:
            for trace in traces(value):
                self._add(trace)
        intake = Intake(self._recorder, column_of)
        spans = on_one_clock(handed_over(with_own_ids(self._spans)), self._recorder)
        for number, span in enumerate(spans, 1):
            add_span(intake, span, number)
        answers = ResourceSpans(intake)
        for value in values:
            for document in otlp_documents(value):
                answers.add(document)
        answers.finish()
        if self._faults.count:
            self._recorder.finding(
                "wrong_type",
                Severity.WARNING,
                "a value of another type than Jaeger's: left out",
                count=self._faults.count,
            )

    def _add(self, trace: Record) -> None:
        self._warnings(trace.get("warnings"))
        spans = []
        for record in self._faults.objects(trace, "spans"):
            self._warnings(record.get("warnings"))
            spans.append(plain_span(record, trace, self._faults))
        self._spans += _in_unix_time(spans, self._recorder)

    def _warnings(self, warnings: Any) -> None:
        """What Jaeger says of a trace or a span: duplicate ids, clocks that it did not move."""
        for text in warnings if isinstance(warnings, list) else ():
            if isinstance(text, str) and text:
                told = f"Jaeger warns: {text[:_WARNING_LIMIT]}"
                self._recorder.finding("jaeger_warning", Severity.INFO, told)


def _in_unix_time(spans: Sequence[PlainSpan], recorder: Recorder) -> Sequence[PlainSpan]:
    """A trace whose times count from 0 (a drawing, a test) begins one microsecond after the epoch.

    Elsewhere a start of 0 is none.
    """
    timed = [span for span in spans if span.end_ns > 0]
    if not timed or min(span.start_ns for span in timed) > 0:
        return spans
    if max(span.start_ns for span in timed) > _A_DAY_NS:
        return [replace(span, end_ns=0) if span.start_ns == 0 else span for span in spans]
    what = "a trace whose times count from 0: they are moved by a microsecond, 0 being no time"
    recorder.finding("times_from_zero", Severity.INFO, what)
    return [_from_epoch(span, _fingerprint(spans)) for span in spans]


def _from_epoch(span: PlainSpan, fingerprint: str) -> PlainSpan:
    """On no common clock equal ids say nothing: the trace is known by what is in it."""
    timed = span.end_ns > 0 or span.start_ns > 0
    moved = replace(span, start_ns=span.start_ns + NS_IN_US, end_ns=span.end_ns + NS_IN_US) if timed else span
    return replace(moved, trace_id=f"{span.trace_id}~{fingerprint}" if span.trace_id else None)


def _fingerprint(spans: Sequence[PlainSpan]) -> str:
    told = sorted(
        repr((span.span_id, span.parent_id, span.name, span.start_ns, span.end_ns)) for span in spans
    )
    return f"{crc32(' '.join(told).encode()):08x}"
