"""Compactions of opencode 2: a message whose `created` is their start; when they ended, only the database tells.

Its row was written last when the compaction ended, unless it was touched afterwards. (session/compaction.ts)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.opencode.answers import token_columns
from agenttrace.ingest.formats.opencode.place import Place
from agenttrace.model.vocabulary import Evidence, Purpose, Severity, SpanKind, Status

_STATUS = {"completed": Status.OK, "failed": Status.ERROR}
_NOTHING_TO_DO = "compaction.unavailable"


def write_summary(place: Place, message: Mapping[str, Any], line: int, updated_ns: int | None) -> None:
    """A compaction, and its request. `updated_ns`: when its row was last written."""
    reader, key = place.reader, str(message["id"])
    error = fields.text(reader.inner(message, "error", line).get("type"))
    if error == _NOTHING_TO_DO:
        what = "a compaction that there was nothing for: it asked no model"
        reader.recorder.finding("compaction_not_needed", Severity.INFO, what, line=line)
        return
    status = _STATUS.get(str(message.get("status")), Status.UNFINISHED)
    start_ns = reader.take(reader.inner(message, "time", line), "created", fields.instant_from_ms, line)
    end_ns = None if status is Status.UNFINISHED else updated_ns
    if start_ns is not None and end_ns is not None and end_ns <= start_ns:
        end_ns = None
    span = {
        **place.keys,
        "line": line,
        "purpose": Purpose.COMPACTION,
        "start_ns": start_ns,
        "end_ns": end_ns,
        "start_evidence": Evidence.UNKNOWN if start_ns is None else Evidence.MEASURED,
        "end_evidence": Evidence.UNKNOWN if end_ns is None else Evidence.BOUNDED,
        "status": status,
        "error": error,
    }
    reader.recorder.span(
        **span,
        span_key=f"compaction:{key}",
        kind=SpanKind.COMPACTION,
        compaction_trigger=reader.take(message, "reason", fields.text, line),
    )
    reader.recorder.span(
        **span,
        **token_columns(reader.inner(message, "tokens", line)),
        span_key=key,
        kind=SpanKind.REQUEST,
        model=reader.take(reader.inner(message, "model", line), "id", fields.text, line),
    )
