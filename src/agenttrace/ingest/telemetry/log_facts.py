"""What an event says of the request, the tool or the compaction that it is about."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.telemetry import log_events
from agenttrace.ingest.telemetry.log_events import LogEvent, first
from agenttrace.ingest.telemetry.roles import Dialect
from agenttrace.model.vocabulary import Purpose, SpanKind, TokenQuality


def span_key(event: LogEvent, kind: SpanKind) -> str:
    """The id of the request or the call, else name and time of the event."""
    names = log_events.REQUEST_ID if kind is SpanKind.REQUEST else log_events.CALL_ID
    known = fields.text(first(event.attributes, names))
    return f"{kind.value}:{known}" if known else f"{event.name}@{event.t_ns}"


def duration_ns(event: LogEvent) -> int | None:
    """How long it took."""
    return fields.duration_from_ms(first(event.attributes, log_events.DURATION))


def request_facts(event: LogEvent) -> dict[str, Any]:
    """Model, ids and tokens. Claude Code counts cached tokens apart, Gemini CLI thoughts."""
    read = event.attributes
    given = fields.count(first(read, log_events.INPUT))
    cache_read = fields.count(first(read, log_events.CACHE_READ))
    cache_write = fields.count(first(read, log_events.CACHE_WRITE))
    output = fields.count(first(read, log_events.OUTPUT))
    reasoning = fields.count(first(read, log_events.REASONING))
    if event.dialect is Dialect.CLAUDE_CODE and given is not None:
        given += (cache_read or 0) + (cache_write or 0)
    if event.dialect is Dialect.GEMINI_CLI and output is not None:
        output += reasoning or 0
    purpose = Purpose.COMPACTION if first(read, log_events.QUERY_SOURCE) == "compact" else Purpose.TURN
    return {
        "purpose": (Purpose.FAILED_ATTEMPT if event.name in log_events.FAILED else purpose).value,
        "name": "llm_request",
        "model": fields.text(first(read, log_events.MODEL)),
        "request_id": fields.text(first(read, log_events.REQUEST_ID)),
        "client_request_id": fields.text(first(read, log_events.CLIENT_REQUEST_ID)),
        "attempt": fields.small_count(first(read, log_events.ATTEMPT)),
        "input_tokens": given,
        "cache_read_tokens": cache_read,
        "cache_write_tokens": cache_write,
        "output_tokens": output,
        "reasoning_tokens": reasoning,
        "output_quality": TokenQuality.FINAL.value if output is not None else None,
    }


def tool_facts(event: LogEvent) -> dict[str, Any]:
    """The name of a tool or of an agent."""
    return {"purpose": Purpose.TURN.value, "name": fields.text(first(event.attributes, log_events.NAME))}


def compaction_facts(event: LogEvent) -> dict[str, Any]:
    """The context before and after."""
    return {
        "purpose": Purpose.COMPACTION.value,
        "name": "compaction",
        "tokens_before": fields.count(first(event.attributes, log_events.BEFORE)),
        "tokens_after": fields.count(first(event.attributes, log_events.AFTER)),
        "compaction_trigger": fields.text(first(event.attributes, log_events.TRIGGER)),
    }
