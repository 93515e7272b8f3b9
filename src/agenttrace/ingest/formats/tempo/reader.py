"""Traces of Tempo: OTLP under other keys, its ids often in base64.

`/api/traces/ID` answers `{"batches": [...]}`; `/api/v2/traces/ID` answers `{"trace": {"resourceSpans": [...]}}`,
with a status and a message where the trace is larger than Tempo hands out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_values import read_values
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.ids import present_ids
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.resource_spans import Record, ResourceSpans
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.model.vocabulary import Severity

_BATCHES = ("batches", "resourceSpans")
_GROUPS = ("scopeSpans", "instrumentationLibrarySpans")
_PARTIAL = frozenset({"PARTIAL", "1", 1})


class Tempo:
    """Answers of Grafana Tempo."""

    id = "tempo"
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="traces of Grafana Tempo, as its API and Grafana's export hand them out",
        containers=("JSON document", "JSON lines", "answers of API versions 1 and 2"),
        measured=(
            "requests",
            "tools",
            "what the dialect has: queue, prefill, decode, time to first token, cache reads",
        ),
        derived=("turns", "joins", "compactions"),
        untold=("what the dialect lacks", "blocks of Parquet files are not read"),
        seen=False,
    )

    def sniff(self, head: Head) -> bool:
        """Batches of spans under one of Tempo's keys."""
        return any(True for _ in _documents(head.document))

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all spans of the source."""
        values = [value for _, value in read_values(source, recorder)]
        recorder.records = 0
        spans = ResourceSpans(Intake(recorder, column_of))
        for value in values:
            for document, key in _documents(value):
                spans.add(document, key)
                if _is_partial(value):
                    _note_partial(document, key, recorder)
        spans.finish()


def _documents(value: Any) -> Iterator[tuple[Record, str]]:
    """Objects that hold batches, and the key of these."""
    if isinstance(value, dict):
        yield from _holding(value, _BATCHES[:1])
        yield from _holding(value.get("trace"), _BATCHES)


def _holding(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[Record, str]]:
    for key in keys if isinstance(value, dict) else ():
        batches = value.get(key)
        if isinstance(batches, list) and any(map(_is_batch, batches)):
            yield value, key


def _is_batch(batch: Any) -> bool:
    return isinstance(batch, dict) and any(isinstance(batch.get(key), list) for key in _GROUPS)


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
        for group in (batch.get(name) for name in _GROUPS) if isinstance(batch, dict) else ():
            for scope in group if isinstance(group, list) else ():
                spans = scope.get("spans") if isinstance(scope, dict) else None
                for span in spans if isinstance(spans, list) else ():
                    if isinstance(span, dict) and isinstance(span.get("traceId"), str):
                        yield span["traceId"]
