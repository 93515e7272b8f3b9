"""opencode's store of version 1.2 and later: one SQLite database, whose tables hold what the storage's files held.

`session` (id, parent_id), `message` (id, session_id, data) and `part` (id, message_id, session_id, data), where `data`
is the JSON of the file without these ids. Other programs that grew out of opencode keep the same tables.

Nothing is written, not even a lock: the file is taken as it is, whoever has it open.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.opencode.messages import write_message
from agenttrace.ingest.formats.opencode.sessions import write_session
from agenttrace.ingest.formats.opencode.tools import write_tool
from agenttrace.ingest.json_text import parsed
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.model.vocabulary import Severity

_LARGEST_BYTES = 512 << 20
"""A packed database beyond this is refused: it is held in memory whole."""

_LONGEST_VALUE_BYTES = 64 << 20
_LEAST_ROW_BYTES = 8
"""Damaged pages may lead round in circles: there are no more rows than find room."""

_QUERIES = {
    "session": "SELECT id, parent_id FROM session ORDER BY id",
    "message": "SELECT id, session_id, data FROM message ORDER BY id",
    "part": "SELECT message_id, id, session_id, data FROM part ORDER BY message_id, id",
}
_Row = tuple[Any, ...]
_DAMAGE = (sqlite3.Error, UnicodeDecodeError)
"""The second where SQLite quotes damaged bytes in what it says of them."""


def read_database(source: Source, reader: FieldReader) -> None:
    """Everything of one database. Where it is damaged, what comes before that is used."""
    recorder = reader.recorder
    if any(name == f"{Path(source.path).name}-wal" for name in source.siblings()):
        what = (
            "what was written last lies in the -wal file, which is not read: close opencode first, or export"
        )
        recorder.finding("journal_not_read", Severity.INFO, what)
    try:
        with closing(_connected(source)) as database:
            _prepare(database, source)
            _Tables(database, reader).read()
    except _DAMAGE as error:
        _tell_damage(reader, error)
    except DamagedEnd as error:
        recorder.finding("damaged_end", Severity.WARNING, f"the compressed file ends early: {error}")


def _tell_damage(reader: FieldReader, error: Exception) -> None:
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    what = f"the database cannot be read any further: {name}"
    reader.recorder.finding("damaged_database", Severity.WARNING, what)


def _connected(source: Source) -> sqlite3.Connection:
    if source.is_plain:
        place = Path(source.file).resolve().as_uri()
        return sqlite3.connect(f"{place}?mode=ro&immutable=1", uri=True)
    return sqlite3.connect(":memory:")


def _prepare(database: sqlite3.Connection, source: Source) -> None:
    if not source.is_plain:
        database.deserialize(_content(source))
    database.text_factory = _text
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE_BYTES)
    database.execute("PRAGMA trusted_schema = OFF")
    database.execute("PRAGMA query_only = ON")


def _text(value: bytes) -> str:
    return value.decode(errors="replace")


def _content(source: Source) -> bytes:
    """Its bytes, marked as a database without a journal of its own, for there is none in memory."""
    content = bytearray()
    hint = "unpack it, and give the file by its name"
    for block in source.blocks_held(_LARGEST_BYTES, "a packed database", hint):
        content += block
    content[18:20] = b"\x01\x01"
    return bytes(content)


class _Tables:
    """The tables of one database that is open."""

    def __init__(self, database: sqlite3.Connection, reader: FieldReader) -> None:
        self._database = database
        self._reader = reader
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        (page_bytes,) = database.execute("PRAGMA page_size").fetchone()
        self._rows_left = pages * page_bytes // _LEAST_ROW_BYTES

    def read(self) -> None:
        """Sessions, then messages with their parts."""
        found = self._names()
        if not found >= {"message", "part"}:
            kind = "of opencode 2 (session_message)" if "session_message" in found else "without messages"
            what = f"a store {kind}: not read; `opencode export` writes what can be"
            self._reader.recorder.finding("store_not_read", Severity.WARNING, what)
            return
        for session_id, parent_id in self._rows("session") if "session" in found else ():
            self._reader.recorder.records += 1
            write_session(self._reader, {"id": session_id, "parentID": parent_id})
        self._read_messages()

    def _names(self) -> set[str]:
        """Of true tables: a view, or a table that other code makes up, may never end."""
        query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE %'"
        return {name for (name,) in self._database.execute(query) if isinstance(name, str)}

    def _rows(self, table: str) -> Iterator[_Row]:
        try:
            for row in self._database.execute(_QUERIES[table]):
                self._rows_left -= 1
                if self._rows_left < 0:
                    what = "more rows than there is room for: damaged pages lead round in circles"
                    self._reader.recorder.finding("damaged_database", Severity.WARNING, what)
                    return
                yield row
        except _DAMAGE as error:
            _tell_damage(self._reader, error)

    def _read_messages(self) -> None:
        """Both tables in the order of messages, side by side."""
        groups = groupby(self._rows("part"), itemgetter(0))
        message_id, parts = next(groups, (None, iter(())))
        for line, (found, session_id, data) in enumerate(self._rows("message"), start=1):
            while message_id is not None and str(message_id) < str(found):
                self._read_lone(parts)
                message_id, parts = next(groups, (None, iter(())))
            own: list[dict[str, Any]] = []
            if message_id is not None and message_id == found:
                own = self._objects(parts, line)
                message_id, parts = next(groups, (None, iter(())))
            self._write(line, found, session_id, data, own)
        while message_id is not None:
            self._read_lone(parts)
            message_id, parts = next(groups, (None, iter(())))

    def _write(
        self, line: int, message_id: Any, session_id: Any, data: Any, parts: list[dict[str, Any]]
    ) -> None:
        recorder = self._reader.recorder
        recorder.records += 1
        value = _parsed(data)
        if value is None:
            what = "a message that is no JSON object: left out"
            recorder.finding("broken_document", Severity.WARNING, what, line=line)
        elif fields.text(message_id) is None or fields.text(session_id) is None:
            what = "a message without its ids: left out"
            recorder.finding("message_without_id", Severity.WARNING, what, line=line)
        else:
            write_message(self._reader, {**value, "id": message_id, "sessionID": session_id}, parts, line)

    def _objects(self, rows: Iterator[_Row], line: int | None) -> list[dict[str, Any]]:
        found = []
        for message_id, part_id, session_id, data in rows:
            self._reader.recorder.records += 1
            value = _parsed(data)
            if value is None:
                what = "a part of a message that cannot be read: left out"
                self._reader.recorder.finding("broken_document", Severity.WARNING, what, line=line)
                continue
            ids = {"id": part_id, "messageID": message_id, "sessionID": session_id}
            found.append({**value, **ids})
        return found

    def _read_lone(self, rows: Iterator[_Row]) -> None:
        """Parts whose message is not there."""
        for part in self._objects(rows, None):
            if part.get("type") == "tool":
                write_tool(self._reader, part, None, 1)
            else:
                what = "a part whose message is not there: it says nothing by itself"
                self._reader.recorder.finding("part_alone", Severity.INFO, what)


def _parsed(data: Any) -> dict[str, Any] | None:
    value = parsed(data.encode(errors="replace")) if isinstance(data, str) else None
    return value if isinstance(value, dict) else None
