"""Which workload a head is the beginning of. They share rows and keys, so that one place tells them apart."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from agenttrace.ingest.head import Head
from agenttrace.ingest.json_text import BOM, closed, parsed

MOONCAKE = "mooncake"
AGENTIC_MOONCAKE = "agentic-mooncake"
WEKA = "weka"
APPLIED_COMPUTE = "applied-compute"

UNTOLD = ("queue", "prefill", "decode", "network", "how long requests took", "text")
"""What no workload tells."""

AGENTIC_SCHEMA = "dynamo.agentic_mooncake"
_MARKS = (
    b'"hash_ids"',
    b'"input_length"',
    b'"assistant_response_length"',
    b'"requests"',
    b"agentic_mooncake",
)
_ONE_OF = frozenset({"schema", "requests", "num_turns", "hash_ids", "input_length", "input_tokens"})
"""No row of any workload is without all of these."""

_AGENTIC_KEYS = frozenset({"wait_for", "branches", "prefix_reset", "tool_wait_ms", "tool_events"})
_MOONCAKE_KEYS = frozenset({"hash_ids", "timestamp", "session_id", "delay", "created_time", "chat_id"})
_INPUT = ("input_length", "input_tokens")
_OUTPUT = ("output_length", "output_tokens")
_WEKA_TYPES = frozenset({"n", "s", "subagent"})


def workload_of(head: Head) -> str | None:
    """The id of the one format of a workload that begins so, or None. Four formats ask it of every head."""
    if head.keys.isdisjoint(_ONE_OF) and not head.begins_torn:
        return None
    return _workload_of(head)


@lru_cache(maxsize=2)
def _workload_of(head: Head) -> str | None:
    if not any(mark in head.data for mark in _MARKS):
        return None
    found = {kind for kind in map(_kind, _values(head)) if kind}
    return next(
        (known for known in (AGENTIC_MOONCAKE, WEKA, APPLIED_COMPUTE, MOONCAKE) if known in found), None
    )


def is_agentic_header(row: dict[str, Any]) -> bool:
    """Whether a row is the header of an agentic Mooncake file, which version 1 has not."""
    return row.get("schema") == AGENTIC_SCHEMA


def _values(head: Head) -> Iterator[dict[str, Any]]:
    """The objects of lines; where the first line is none by itself, also the document as far as it goes."""
    yield from head.objects
    if head.begins_torn:
        value = parsed(closed(head.data.removeprefix(BOM).lstrip()))
        if isinstance(value, dict):
            yield value


def _kind(row: dict[str, Any]) -> str | None:
    if is_agentic_header(row) or _is_agentic(row):
        return AGENTIC_MOONCAKE
    if _is_weka(row):
        return WEKA
    if "num_turns" in row and "assistant_response_length" in row and "input_prompt_length" in row:
        return APPLIED_COMPUTE
    return MOONCAKE if _is_request(row) and _MOONCAKE_KEYS & row.keys() else None


def _is_agentic(row: dict[str, Any]) -> bool:
    if not isinstance(row.get("request_id"), str) or not _is_request(row):
        return False
    return bool(_AGENTIC_KEYS & row.keys()) or ("play_id" in row and "not_before_ms" in row)


def _is_request(row: dict[str, Any]) -> bool:
    """Tokens asked for and given, as numbers; a prompt may also be known by its blocks alone."""
    sized = isinstance(row.get("hash_ids"), list) or any(_is_count(row.get(name)) for name in _INPUT)
    return sized and any(_is_count(row.get(name)) for name in _OUTPUT)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_weka(row: dict[str, Any]) -> bool:
    requests = row.get("requests")
    if not isinstance(requests, list):
        return False
    return any(
        isinstance(request, dict)
        and isinstance(request.get("type"), str)
        and request["type"] in _WEKA_TYPES
        and "t" in request
        and ("in" in request or "requests" in request)
        for request in requests[:8]
    )
