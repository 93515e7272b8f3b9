"""The telemetry outfile: each span, log record and batch of metrics printed over many lines, one after another.

What is printed are the objects of OpenTelemetry's Node packages as they are in memory: instants as pairs of
seconds and nanoseconds, ids in `_spanContext`, a log record's body in `_body`. (file-exporters.ts)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.gemini_cli.counted import CountedRequests
from agenttrace.ingest.formats.gemini_cli.sniffing import BORDER
from agenttrace.ingest.json_text import parsed_parts
from agenttrace.ingest.lines import refuse_endless
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.ingest.telemetry import values
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.plain import FAILED, OK, PlainEvent, PlainSpan, add_span
from agenttrace.ingest.telemetry.values import Scalar
from agenttrace.model.vocabulary import Severity

_BROKEN = "not JSON: left out"
_STATUS = {1: OK, 2: FAILED}


def read_outfile(source: Source, recorder: Recorder) -> None:
    """Everything of one file."""
    intake, requests = Intake(recorder, values.column_of), CountedRequests()
    for line, value in _documents(source, recorder):
        if "scopeMetrics" in value:
            intake.metrics(1, line)
        elif "startTime" in value or ("_spanContext" in value and "hrTime" not in value):
            span = _span(value)
            if not requests.hold(span, line):
                add_span(intake, span, line)
        elif "hrTime" in value or "hrTimeObserved" in value:
            recorder.records += 1
            requests.note(_object(value, "attributes"), _instant(value.get("hrTime")))
            _add_log(intake, value, line)
        else:
            recorder.records += 1
            what = "neither span nor log record nor metrics"
            recorder.finding("unknown_record", Severity.WARNING, what, line=line)
    for span, line in requests.spans():
        add_span(intake, span, line)
    intake.finish()


def _documents(source: Source, recorder: Recorder) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line where it begins, object): each begins with a brace that stands first in its line."""
    doubt, at = "", 0
    for line, text in _pieces(source, recorder):
        if doubt:
            recorder.finding("broken_document", Severity.WARNING, doubt, line=at)
        found, whole = parsed_parts(text)
        doubt, at = _doubt(text, found), line
        if found and not whole:
            what = "not JSON behind a record: left out"
            recorder.finding("broken_document", Severity.WARNING, what, line=line)
        for each in found:
            if isinstance(each, dict):
                yield line, each
            else:
                recorder.finding("not_an_object", Severity.WARNING, "JSON, but not an object", line=line)
    if doubt == _BROKEN:
        recorder.finding("torn_document", Severity.INFO, "the last record is cut off", line=at)


def _doubt(text: bytes, found: list[Any]) -> str:
    """What is wrong with a piece, unless it is the last: that may be cut off, or end in what a crash leaves."""
    if not found:
        return _BROKEN
    return "zeros behind a record" if text.endswith(b"\0") else ""


def _pieces(source: Source, recorder: Recorder) -> Iterator[tuple[int, bytes]]:
    line, rest = 1, b""
    try:
        for block in _with_borders(source):
            *whole, rest = (rest + block).split(BORDER)
            for number, piece in enumerate(whole):
                text = piece if number == 0 and line == 1 else b"{" + piece.removeprefix(b"{")
                if text.strip():
                    yield line, text
                line += piece.count(b"\n") + 1
            if whole:
                rest = b"{" + rest
    except DamagedEnd as error:
        recorder.finding("damaged_end", Severity.WARNING, f"the compressed file ends early: {error}")
    if rest.strip():
        yield line, rest


def _with_borders(source: Source) -> Iterator[bytes]:
    """The content in stretches that have the beginning of a record in them, but for the last.

    A damaged end is told after all that was good.
    """
    parts: list[bytes] = []
    try:
        for block in source.blocks():
            border = BORDER in (parts[-1][-1:] if parts else b"") + block
            parts.append(block)
            if border:
                yield b"".join(parts)
                parts = []
            refuse_endless(sum(map(len, parts)), source.path)
    except DamagedEnd:
        yield b"".join(parts)
        raise
    yield b"".join(parts)


def _span(record: dict[str, Any]) -> PlainSpan:
    context = _object(record, "_spanContext")
    parent = _object(record, "parentSpanContext")
    status = _object(record, "status").get("code")
    return PlainSpan(
        trace_id=fields.text(context.get("traceId")),
        span_id=fields.text(context.get("spanId")),
        parent_id=fields.text(parent.get("spanId") or record.get("parentSpanId")),
        name=fields.text(record.get("name")),
        start_ns=_instant(record.get("startTime")),
        end_ns=_instant(record.get("endTime")),
        status=_STATUS.get(status, 0) if isinstance(status, int) else 0,
        attributes=_attributes(_object(record, "attributes")),
        events=_events(record),
        scope=_scope(record),
        resource=_resource(_object(record, "resource")),
    )


def _events(record: dict[str, Any]) -> list[PlainEvent]:
    found = record.get("events")
    return [
        PlainEvent(
            fields.text(event.get("name")) or "",
            _instant(event.get("time")),
            _attributes(_object(event, "attributes")),
        )
        for event in (found if isinstance(found, list) else [])
        if isinstance(event, dict)
    ]


def _add_log(intake: Intake, record: dict[str, Any], line: int) -> None:
    body = fields.text(record.get("_body") or record.get("body"))
    name = fields.text(record.get("_eventName") or record.get("eventName"))
    times = _instant(record.get("hrTime")), _instant(record.get("hrTimeObserved"))
    intake.logs.add(_scope(record), name, body, times, _object(record, "attributes"), line)


def _instant(pair: Any) -> int:
    """Unix nanoseconds, 0 for unknown."""
    if not isinstance(pair, list) or len(pair) != 2:
        return 0
    seconds, rest = fields.integer(pair[0]), fields.number(pair[1])
    if seconds is None or rest is None or not 0 <= rest < 10**9 or abs(seconds) > 2**33:
        return 0
    return fields.instant(seconds * 10**9 + round(rest)) or 0


def _object(record: dict[str, Any], name: str) -> dict[str, Any]:
    found = record.get(name)
    return found if isinstance(found, dict) else {}


def _scope(record: dict[str, Any]) -> str:
    return fields.text(_object(record, "instrumentationScope").get("name")) or ""


def _attributes(found: dict[str, Any]) -> dict[str, Scalar]:
    return {
        name: json.dumps(value) if isinstance(value, (dict, list)) else value for name, value in found.items()
    }


def _resource(resource: dict[str, Any]) -> dict[str, str]:
    """Attributes of the resource, which newer packages keep as a list of pairs."""
    pairs: list[tuple[Any, Any]] = list(_object(resource, "attributes").items())
    raw = resource.get("_rawAttributes")
    if isinstance(raw, list):
        pairs += [(pair[0], pair[1]) for pair in raw if isinstance(pair, list) and len(pair) == 2]
    return {name: value for name, value in pairs if isinstance(name, str) and isinstance(value, str)}
