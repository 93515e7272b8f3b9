"""The format as the rest of agenttrace sees it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from agenttrace.ingest.formats.zipkin.documents import is_version_1, spans_in
from agenttrace.ingest.formats.zipkin.spans import Faults, plain_span
from agenttrace.ingest.formats.zipkin.version_1 import as_version_2
from agenttrace.ingest.json_values import read_values
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.plain import PlainSpan, add_span
from agenttrace.ingest.telemetry.remote_calls import handed_over, on_one_clock, with_own_ids
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity

_SHORT_DIGITS = 16


def read_traces(source: Source, recorder: Recorder) -> None:
    """Records the spans of every trace in the source."""
    faults = Faults()
    values = [value for _, value in read_values(source, recorder)]
    recorder.records = 0
    numbered = [(number, span) for number, span in enumerate(_spans(values), 1)]
    plain: list[PlainSpan] = []
    lines: list[int] = []
    for number, span in numbered:
        for side in _sides(span):
            plain.append(plain_span(side, faults))
            lines.append(number)
    intake = Intake(recorder, column_of)
    told = on_one_clock(handed_over(with_own_ids(_in_one_trace(plain))), recorder)
    for line, span in zip(lines, told, strict=True):
        add_span(intake, span, line)
    intake.finish()
    recorder.records = len(numbered)
    lost = faults.count + sum(not isinstance(span, dict) for _, span in numbered)
    if lost:
        example = "a value of another type than Zipkin's: left out"
        recorder.finding("wrong_type", Severity.WARNING, example, count=lost)


def _spans(values: Sequence[Any]) -> Iterator[Any]:
    for value in values:
        yield from spans_in(value)


def _sides(span: Any) -> Iterator[dict[str, Any]]:
    if isinstance(span, dict):
        yield from as_version_2(span) if is_version_1(span) else [span]


def _in_one_trace(spans: Sequence[PlainSpan]) -> Sequence[PlainSpan]:
    """A trace of 128 bits that passed a service which keeps only 64 of them is one trace."""
    short = "0" * _SHORT_DIGITS
    whole: dict[str, set[str]] = {}
    for trace in {span.trace_id for span in spans if span.trace_id}:
        if not trace.startswith(short):
            whole.setdefault(trace[-_SHORT_DIGITS:], set()).add(trace)
    only = {short + digits: traces.copy().pop() for digits, traces in whole.items() if len(traces) == 1}
    return [replace(span, trace_id=only.get(span.trace_id or "", span.trace_id)) for span in spans]
