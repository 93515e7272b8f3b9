"""Messages of version 2 in a database.

A session that version 1 began is copied there message by message, under the same ids, and goes on there: what
version 1 has of it tells more, and is read instead. Version 1.15 kept such copies, too.
(database/v1-migration.ts)
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.opencode.conversation import Conversation
from agenttrace.ingest.formats.opencode.rows import Row, Rows, object_of
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.model.vocabulary import Severity

_COPIED = (
    "SELECT session_id, max({order}) FROM session_message WHERE id IN (SELECT id FROM message) "
    "GROUP BY session_id"
)
_MESSAGES = (
    "SELECT session_id, id, type, {order}, {updated}, data FROM session_message ORDER BY session_id, {order}"
)
_ORDERS = ("seq", "time_created")


def read_conversations(
    rows: Rows, reader: FieldReader, forks: set[str], line: int, *, taken_over: bool
) -> None:
    """All that version 1 does not have (`taken_over`: it has something); lines go on behind `line`."""
    columns = rows.columns("session_message")
    order = next((name for name in _ORDERS if name in columns), "rowid")
    updated = "time_updated" if "time_updated" in columns else "NULL"
    copied: dict[Any, Any] = dict(rows.of(_COPIED.format(order=order))) if taken_over else {}
    query = _MESSAGES.format(order=order, updated=updated)
    for session_id, messages in groupby(rows.of(query), itemgetter(0)):
        known = fields.text(session_id)
        conversation = None if known is None else Conversation(reader, known, forked=known in forks)
        last = copied.get(session_id)
        for row in messages:
            line += 1
            reader.recorder.records += 1
            if conversation is None:
                what = "a message without its ids: left out"
                reader.recorder.finding("message_without_id", Severity.WARNING, what, line=line)
            elif not _is_copy(row, last):
                _take(conversation, reader, row, line)
        if conversation is not None:
            conversation.finish()


def _is_copy(row: Row, last: object) -> bool:
    """Of a message that version 1 has; what was derived from one stands before the last of them."""
    at = row[3]
    return isinstance(at, int) and isinstance(last, int) and at <= last


def _take(conversation: Conversation, reader: FieldReader, row: Row, line: int) -> None:
    _, message_id, kind, _, updated_ms, data = row
    value = object_of(data)
    if value is None:
        what = "a message that is no JSON object: left out"
        reader.recorder.finding("broken_document", Severity.WARNING, what, line=line)
        return
    updated_ns = fields.instant_from_ms(updated_ms)
    conversation.take({**value, "id": message_id, "type": kind}, line, updated_ns)
