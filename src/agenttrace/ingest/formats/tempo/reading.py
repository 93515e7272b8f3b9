"""Records the spans of Tempo's answers, and says which traces are only a part."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from agenttrace.ingest.formats.tempo.blocks import answers
from agenttrace.ingest.formats.tempo.documents import GROUPS, Record, documents
from agenttrace.ingest.formats.tempo.footers import is_block
from agenttrace.ingest.json_values import read_values
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.ids import present_ids
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.resource_spans import ResourceSpans
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity

_PARTIAL = frozenset({"PARTIAL", "1", 1})


def read_answers(source: Source, recorder: Recorder) -> None:
    """Records all spans of the source."""
    spans = ResourceSpans(Intake(recorder, column_of))
    if is_block(source.head):
        for answer in answers(source, recorder):
            spans.add(answer)
        spans.finish()
        return
    values = [value for _, value in read_values(source, recorder)]
    recorder.records = 0
    for value in values:
        for document, key in documents(value):
            spans.add(document, key)
            if _is_partial(value):
                _note_partial(document, key, recorder)
    spans.finish()


def _is_partial(value: Record) -> bool:
    status = value.get("status")
    return isinstance(status, (str, int)) and status in _PARTIAL


def _note_partial(document: Record, key: str, recorder: Recorder) -> None:
    traces = pa.array(sorted(set(_trace_ids(document, key))), pa.string())
    for trace in present_ids(traces).to_pylist():
        recorder.session(session_key=f"trace:{trace}", truncated=True)
    what = "Tempo hands out a part of this trace only: it is larger than its limit"
    recorder.finding("partial_trace", Severity.WARNING, what)


def _trace_ids(document: Record, key: str) -> Iterator[str]:
    for batch in document[key]:
        for group in (batch.get(name) for name in GROUPS) if isinstance(batch, dict) else ():
            for scope in group if isinstance(group, list) else ():
                spans = scope.get("spans") if isinstance(scope, dict) else None
                for span in spans if isinstance(spans, list) else ():
                    if isinstance(span, dict) and isinstance(span.get("traceId"), str):
                        yield span["traceId"]
