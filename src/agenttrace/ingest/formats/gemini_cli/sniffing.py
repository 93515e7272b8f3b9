"""Whether content is a chat of Gemini CLI, or its telemetry, by the keys that only they have."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest.head import Head
from agenttrace.ingest.json_text import parsed

_SPEAKERS = frozenset({"user", "gemini", "info", "error", "warning"})
_PROGRAM = "gemini-cli"
_EVENTS = "gemini_cli."
BORDER = b"\n{"
"""Where a record ends, as Node prints them one after the other, and the next begins."""

_RECORDS = 4
_TIMES = ("hrTime", "hrTimeObserved", "startTime", "endTime")


def is_chat(head: Head) -> bool:
    """A record with both ids of a chat, or one that a cut took them from: messages of its speakers."""
    first = next(iter(head.items), None)
    if first is None:
        return False
    if isinstance(first.get("sessionId"), str) and isinstance(first.get("projectHash"), str):
        return True
    said = first.get("messages")
    if isinstance(said, list):
        whole = said[:-1] or said  # the last may be cut off
        return bool(whole) and all(_is_message(message) for message in whole)
    return any(_is_message(item) and item["type"] == "gemini" and "content" in item for item in head.items)


def _is_message(message: Any) -> bool:
    return (
        isinstance(message, dict)
        and isinstance(message.get("type"), str)
        and message["type"] in _SPEAKERS
        and isinstance(message.get("id"), str)
        and isinstance(message.get("timestamp"), str)
    )


def is_stream(head: Head) -> bool:
    """One of the first events begins a session."""
    return any(_is_init(item) for item in head.objects[:_RECORDS])


def _is_init(event: dict[str, Any]) -> bool:
    texts = (event.get(name) for name in ("session_id", "model", "timestamp"))
    return event.get("type") == "init" and all(isinstance(text, str) for text in texts)


def is_outfile(head: Head) -> bool:
    """One of the first records is a span, a log record or a batch of metrics as Node prints them, of this program."""
    if head.lined:
        return any(map(_is_printed, head.objects[:_RECORDS]))
    if _PROGRAM.encode() not in head.data:
        return False
    further = head.data.split(BORDER)[1:_RECORDS]
    return _is_printed(head.document) or any(_is_printed(parsed(b"{" + text)) for text in further)


def _is_printed(first: Any) -> bool:
    if not isinstance(first, dict):
        return False
    timed = any(isinstance(first.get(name), list) for name in _TIMES)
    if not (timed and isinstance(first.get("instrumentationScope"), dict)) and "scopeMetrics" not in first:
        return False
    return any(_names_program(first.get(name)) for name in ("resource", "instrumentationScope", "attributes"))


def _names_program(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    inner = part.get("attributes")
    named = [part.get("name"), part.get("event.name")]
    if isinstance(inner, dict):
        named.append(inner.get("service.name"))
    raw = part.get("_rawAttributes")
    if isinstance(raw, list):
        named += [pair[1] for pair in raw if isinstance(pair, list) and len(pair) > 1]
    return any(isinstance(name, str) and (name == _PROGRAM or name.startswith(_EVENTS)) for name in named)
