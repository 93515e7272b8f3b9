"""Whether content is an event of OpenHands, or a list of them, by the keys that each event has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.head import Head

_BEGINNING = re.compile(
    rb'\s*\[?\s*\{\s*"id":\s*\d+,\s*"timestamp":\s*"[^"]*",\s*"source":\s*"[a-z]+",\s*"(?:message|action)":'
)
_OF_INSTANCES = (b'"test_result":', b'"instruction":')
_SOURCES = frozenset({"user", "agent", "environment", "hook"})


def is_event_list(head: Head) -> bool:
    """Whether one of the first items is an event; the first may be damaged, or longer than the head."""
    if is_evaluation(head):
        return True
    return any(is_event(item) for item in head.items[:8]) or _BEGINNING.match(head.data) is not None


def is_evaluation(head: Head) -> bool:
    """Whether lines are instances of a benchmark; their events may stand behind what the head holds."""
    return head.data.startswith(b'{"instance_id"') and all(key in head.data for key in _OF_INSTANCES)


def is_event(item: Mapping[str, Any]) -> bool:
    """An event has a source, and says of itself that it is an action or observation, or of which kind it is."""
    source = item.get("source")
    if not isinstance(source, str) or source not in _SOURCES or not isinstance(item.get("timestamp"), str):
        return False
    return _is_of_stream(item) or is_of_sdk(item)


def _is_of_stream(item: Mapping[str, Any]) -> bool:
    if isinstance(item.get("action"), str):
        return "args" in item
    return isinstance(item.get("observation"), str) and "extras" in item


def is_of_sdk(item: Mapping[str, Any]) -> bool:
    """The newer SDK writes the name of the event's class."""
    kind = item.get("kind")
    return isinstance(kind, str) and kind.endswith(("Event", "Observation", "Condensation", "Request"))
