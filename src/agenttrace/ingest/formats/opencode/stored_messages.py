"""Messages and parts of version 1 in a database, both in the order of messages, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.opencode.messages import write_message
from agenttrace.ingest.formats.opencode.rows import Row, Rows, object_of
from agenttrace.ingest.formats.opencode.tools import write_tool
from agenttrace.ingest.formats.opencode.turns import Turns
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.model.vocabulary import Severity

_MESSAGES = "SELECT id, session_id, data FROM message ORDER BY id"
_PARTS = "SELECT message_id, id, session_id, data FROM part ORDER BY message_id, id"


def read_messages(rows: Rows, reader: FieldReader) -> int:
    """All of them. How many messages there were."""
    groups = groupby(rows.of(_PARTS), itemgetter(0))
    message_id, parts = next(groups, (None, iter(())))
    line, turns = 0, Turns()
    for line, (found, session_id, data) in enumerate(rows.of(_MESSAGES), start=1):
        while message_id is not None and str(message_id) < str(found):
            _read_lone(reader, parts)
            message_id, parts = next(groups, (None, iter(())))
        own: list[dict[str, Any]] = []
        if message_id is not None and message_id == found:
            own = _objects(reader, parts, line)
            message_id, parts = next(groups, (None, iter(())))
        _write(reader, line, (found, session_id, data), own, turns)
    while message_id is not None:
        _read_lone(reader, parts)
        message_id, parts = next(groups, (None, iter(())))
    return line


def _write(reader: FieldReader, line: int, row: Row, parts: list[dict[str, Any]], turns: Turns) -> None:
    recorder = reader.recorder
    recorder.records += 1
    message_id, session_id, data = row
    value = object_of(data)
    if value is None:
        what = "a message that is no JSON object: left out"
        recorder.finding("broken_document", Severity.WARNING, what, line=line)
    elif fields.text(message_id) is None or fields.text(session_id) is None:
        what = "a message without its ids: left out"
        recorder.finding("message_without_id", Severity.WARNING, what, line=line)
    else:
        write_message(reader, {**value, "id": message_id, "sessionID": session_id}, parts, line, turns)


def _objects(reader: FieldReader, rows: Iterator[Row], line: int | None) -> list[dict[str, Any]]:
    found = []
    for message_id, part_id, session_id, data in rows:
        reader.recorder.records += 1
        value = object_of(data)
        if value is None:
            what = "a part of a message that cannot be read: left out"
            reader.recorder.finding("broken_document", Severity.WARNING, what, line=line)
            continue
        ids = {"id": part_id, "messageID": message_id, "sessionID": session_id}
        found.append({**value, **ids})
    return found


def _read_lone(reader: FieldReader, rows: Iterator[Row]) -> None:
    """Parts whose message is not there."""
    for part in _objects(reader, rows, None):
        if part.get("type") == "tool":
            write_tool(reader, part, None, 1)
        else:
            what = "a part whose message is not there: it says nothing by itself"
            reader.recorder.finding("part_alone", Severity.INFO, what)
