"""What a JSON object of opencode is, by the ids that begin with the name of their kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.head import Head

_DATABASE = b"SQLite format 3\0"
_TABLES = tuple(
    re.compile(rb"CREATE TABLE [`\"']?%b[`\"']? *\(.{0,%d}?\b%b\b" % parts, re.DOTALL)
    for parts in (
        (b"part", 200, b"message_id"),
        (b"session_message", 200, b"session_id"),
        (b"event_sequence", 200, b"owner_id"),
        (b"account_state", 200, b"active_org_id"),
        (b"project", 700, b"sandboxes"),
    )
)
"""Of the messages of both versions, and those that a new database begins with: it has what each table is on
pages of its own, between the first pages of the tables, so that those of the messages may stand far behind."""


def is_sqlite(head: Head) -> bool:
    """A database."""
    return head.data.startswith(_DATABASE)


def is_opencode(head: Head) -> bool:
    """Whether it begins as an export, a list of messages, a file of the storage or a database does."""
    if is_sqlite(head):
        return any(table.search(head.data) for table in _TABLES)
    found = head.document
    if isinstance(found, list):
        return bool(found) and all(
            isinstance(item, dict) and is_message_with_parts(item) for item in found[:2]
        )
    return isinstance(found, dict) and (
        is_export(found) or is_session(found) or is_message(found) or is_part(found)
    )


def is_export(value: Mapping[str, Any]) -> bool:
    """What `opencode export` writes."""
    info = value.get("info")
    return isinstance(info, dict) and is_session(info)


def are_second(messages: Any) -> bool:
    """Messages of version 2, as an export has them."""
    return isinstance(messages, list) and any(
        isinstance(item, dict) and isinstance(item.get("type"), str) and "info" not in item
        for item in messages[:8]
    )


def is_message_with_parts(value: Mapping[str, Any]) -> bool:
    """A message as its server and the export give it."""
    info = value.get("info")
    return isinstance(info, dict) and is_message(info)


def is_session(value: Mapping[str, Any]) -> bool:
    """The description of a session."""
    return _begins(value, "id", "ses") and isinstance(value.get("time"), dict)


def is_message(value: Mapping[str, Any]) -> bool:
    """A message without its parts."""
    return _begins(value, "id", "msg") and _begins(value, "sessionID", "ses") and "role" in value


def is_part(value: Mapping[str, Any]) -> bool:
    """A part of a message."""
    return _begins(value, "id", "prt") and _begins(value, "messageID", "msg") and "type" in value


def _begins(value: Mapping[str, Any], name: str, kind: str) -> bool:
    found = value.get(name)
    return isinstance(found, str) and found.startswith(f"{kind}_")
