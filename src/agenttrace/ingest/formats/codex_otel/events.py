"""A line as an event: its attributes, wherever the writer put them, and the times that stand beside them.

flat             {"event.name": "codex.sse_event", "conversation.id": ..., ...}
log record       {"observedTimeUnixNano": "...", "attributes": [{"key", "value"}] or {...}}
table of logs    {"Timestamp": "...", "LogAttributes": {...}}, a row of ClickHouse's exporter
logger           {"timestamp": "...", "target": "codex_otel.log_only", "fields": {...}}, LOG_FORMAT=json of app-server
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agenttrace.ingest import fields

EVENT_NAME = "event.name"
PREFIX = "codex."
TRACE_COPY = "codex_otel.trace_safe"
"""Target under which a logger sees most events a second time, without their content."""

_HOLDERS = ("attributes", "Attributes", "LogAttributes", "log_attributes", "fields")
WHERE = frozenset({EVENT_NAME, *_HOLDERS})
"""One of these stands in every record that is an event."""

_EXACT = ("timeUnixNano", "time_unix_nano", "observedTimeUnixNano", "observed_time_unix_nano")
_READABLE = ("timestamp", "Timestamp", "time", "@timestamp", "ts")
_VALUES = ("stringValue", "intValue", "doubleValue", "boolValue")


@dataclass(frozen=True, slots=True)
class Event:
    """An event of Codex. `t_ns`: when it was written down, 0 where that is not told."""

    name: str
    t_ns: int
    attributes: Mapping[str, Any]
    copy: bool = False


def read_event(record: Mapping[str, Any]) -> Event | None:
    """The event in a record; None if it is none of Codex's."""
    for attributes in (record, *(_attributes(record.get(holder)) for holder in _HOLDERS)):
        name = attributes.get(EVENT_NAME)
        if isinstance(name, str) and name.startswith(PREFIX):
            return Event(name, _time(record), attributes, record.get("target") == TRACE_COPY)
    return None


def _attributes(holder: Any) -> Mapping[str, Any]:
    if isinstance(holder, dict):
        return holder
    pairs = holder if isinstance(holder, list) else []
    return {
        pair["key"]: _value(pair.get("value"))
        for pair in pairs
        if isinstance(pair, dict) and isinstance(pair.get("key"), str)
    }


def _value(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return next((value[kind] for kind in _VALUES if kind in value), None)


def _time(record: Mapping[str, Any]) -> int:
    for name in _EXACT:
        if (found := fields.instant(record.get(name))) is not None:
            return found
    for name in _READABLE:
        value = record.get(name)
        if isinstance(value, str) and (found := fields.instant_from_iso(value)) is not None:
            return found
    return 0
