"""Tempo's own blocks: Parquet files with a row for each trace, as its versions 3 to 5 of them nest spans.

A row becomes the document that the query service would answer with. (tempodb/encoding/vparquet*/schema.go)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agenttrace.ingest.formats.tempo.dedicated import EVENT, RESOURCE, SPAN, Dedicated
from agenttrace.ingest.parquet_rows import read_table
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity

Record = dict[str, Any]

_TRACES_AT_ONCE = 64
_SCALARS = (
    ("Value", "stringValue"),
    ("ValueInt", "intValue"),
    ("ValueDouble", "doubleValue"),
    ("ValueBool", "boolValue"),
)


def answers(source: Source, recorder: Recorder) -> Iterator[Record]:
    """Each trace of a block as an answer; what stands in columns without a name is counted, and left out."""
    dedicated = Dedicated(source.sibling("meta.json"))
    for row in read_table(source, recorder, _TRACES_AT_ONCE):
        trace_id = _hex(row.get("TraceID"))
        yield {"resourceSpans": [_batch(batch, trace_id, dedicated) for batch in _objects(row.get("rs"))]}
    if dedicated.unnamed:
        what = "attributes in dedicated columns, whose names stand in meta.json of the block: left out"
        recorder.finding("column_unusable", Severity.WARNING, what, count=dedicated.unnamed)


def _batch(batch: Record, trace_id: str | None, dedicated: Dedicated) -> Record:
    resource = _object(batch.get("Resource"))
    attributes = _attributes(resource) + dedicated.attributes(resource, RESOURCE)
    if resource.get("ServiceName"):
        attributes.append({"key": "service.name", "value": {"stringValue": resource["ServiceName"]}})
    scopes = [
        {
            "scope": {"name": _object(scope.get("Scope")).get("Name")},
            "spans": [_span(span, trace_id, dedicated) for span in _objects(scope.get("Spans"))],
        }
        for scope in _objects(batch.get("ss"))
    ]
    return {"resource": {"attributes": attributes}, "scopeSpans": scopes}


def _span(span: Record, trace_id: str | None, dedicated: Dedicated) -> Record:
    start, length = span.get("StartTimeUnixNano"), span.get("DurationNano")
    end = start + length if isinstance(start, int) and isinstance(length, int) else None
    return {
        "traceId": trace_id,
        "spanId": _hex(span.get("SpanID")),
        "parentSpanId": _hex(span.get("ParentSpanID")),
        "name": span.get("Name"),
        "startTimeUnixNano": start,
        "endTimeUnixNano": end,
        "status": {"code": span.get("StatusCode")},
        "attributes": _attributes(span) + dedicated.attributes(span, SPAN),
        "events": [_event(event, start, dedicated) for event in _objects(span.get("Events"))],
        "links": [
            {
                "traceId": _hex(link.get("TraceID")),
                "spanId": _hex(link.get("SpanID")),
                "attributes": _attributes(link),
            }
            for link in _objects(span.get("Links"))
        ],
    }


def _event(event: Record, start: Any, dedicated: Dedicated) -> Record:
    since, at = event.get("TimeSinceStartNano"), event.get("TimeUnixNano")
    if isinstance(since, int) and isinstance(start, int):
        at = start + since
    attributes = _attributes(event) + dedicated.attributes(event, EVENT)
    return {"name": event.get("Name"), "timeUnixNano": at, "attributes": attributes}


def _attributes(owner: Record) -> list[Record]:
    pairs = ((pair.get("Key"), _value(pair)) for pair in _objects(owner.get("Attrs")))
    return [{"key": key, "value": value} for key, value in pairs if key and value is not None]


def _value(pair: Record) -> Record | None:
    """Version 3 has a value in each column, later ones a list of them, of one where it is no array."""
    for column, kind in _SCALARS:
        found = pair.get(column)
        values = found if isinstance(found, list) else [found]
        if values and values[0] is not None:
            told = [{kind: value} for value in values]
            return told[0] if len(told) == 1 else {"arrayValue": {"values": told}}
    return None


def _hex(value: Any) -> str | None:
    return value.hex() if isinstance(value, bytes) and value else None


def _object(value: Any) -> Record:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[Record]:
    """The structs of a list; of versions that wrap lists once more, too."""
    found = value.get("list") if isinstance(value, dict) else value
    members = found if isinstance(found, list) else []
    return [member.get("element", member) for member in members if isinstance(member, dict)]
