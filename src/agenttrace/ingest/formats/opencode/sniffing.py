"""What a JSON object of opencode is, by the ids that begin with the name of their kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.head import Head

_DATABASE = b"SQLite format 3\0"
_TABLES = (
    re.compile(rb"""CREATE TABLE [`"']?part[`"']? *\([^;]{0,200}\bmessage_id\b"""),
    re.compile(rb"""CREATE TABLE [`"']?session_message[`"']? *\(.{0,200}\bsession_id\b""", re.DOTALL),
)
"""Of the first version and of the second; a database begins with what its tables are."""


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
