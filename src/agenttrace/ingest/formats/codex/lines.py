"""The lines of a rollout as records of one shape, whatever version wrote them.

A line is `{"timestamp", "type", "payload"}`, since 0.14x with an `ordinal`. What happens is told by the
payload's own type where it has one. Before September 2025 the payload stood bare, and without a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from agenttrace.ingest import fields
from agenttrace.ingest.json_values import read_lines
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity

UNKNOWN = 0
"""An instant that is not known; no instant is that early."""

ITEM, EVENT = "response_item", "event_msg"
META, CONTEXT, COMPACTED, USAGE = "session_meta", "turn_context", "compacted", "token_usage_record"
ENVELOPES = frozenset(
    {
        *(ITEM, EVENT, META, CONTEXT, COMPACTED, USAGE),
        *("world_state", "inter_agent_communication", "inter_agent_communication_metadata"),
        *("realtime_item", "retained_context"),
    }
)
"""The types of a line."""

_BARE_ITEMS = frozenset({"message", "reasoning", "function_call", "function_call_output", "local_shell_call"})


class Record(NamedTuple):
    """A line. `kind` is its type, with the payload's own after a slash: `event_msg/token_count`."""

    line: int
    t_ns: int
    ordinal: int | None
    kind: str
    body: dict[str, Any]


def read_records(source: Source, recorder: Recorder) -> Iterator[Record]:
    """Each record; one whose time cannot be read has that of the record before it."""
    t_ns = UNKNOWN
    for line, value in read_lines(source, recorder):
        if not isinstance(value, dict):
            recorder.finding("not_an_object", Severity.WARNING, "JSON, but not an object", line=line)
            continue
        if "payload" not in value and _is_bare(value):
            what = (
                "records without a time, as versions before September 2025 wrote them: nothing can be timed"
            )
            recorder.finding("without_times", Severity.WARNING, what, line=line)
            continue
        body = value.get("payload")
        envelope = fields.text(value.get("type"))
        if envelope is None or not isinstance(body, dict):
            what = "a record without type or payload: left out"
            recorder.finding("record_unusable", Severity.WARNING, what, line=line)
            continue
        read = fields.instant_from_iso(value.get("timestamp"))
        if read is None:
            what = "a time that cannot be read: that of the record before it is used"
            recorder.finding("time_unusable", Severity.WARNING, what, line=line)
        t_ns = read or t_ns
        inner = fields.text(body.get("type")) if envelope in (ITEM, EVENT) else None
        if inner is None and envelope in (ITEM, EVENT):
            what = "a payload that does not say what it is: left out"
            recorder.finding("record_unusable", Severity.WARNING, what, line=line)
            continue
        kind = f"{envelope}/{inner}" if inner else envelope
        yield Record(line, t_ns, fields.count(value.get("ordinal")), kind, body)


def _is_bare(value: dict[str, Any]) -> bool:
    return "record_type" in value or fields.text(value.get("type")) in _BARE_ITEMS or "instructions" in value
