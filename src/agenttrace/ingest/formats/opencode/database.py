"""opencode's store of version 1.2 and later: one SQLite database.

Version 1 keeps `session` (id, parent_id), `message` (id, session_id, data) and `part` (id, message_id, session_id,
data), where `data` is the JSON of the storage's file without these ids. Version 2 keeps `session_v2` (early ones
`session`) and `session_message` (id, session_id, type, seq, data), and leaves the tables of version 1 as they are.
Other programs that grew out of opencode keep the same tables.

Nothing is written, not even a lock: the file is taken as it is, whoever has it open. Where it has a journal, both
are copied, and the copy is read.
"""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

from agenttrace.ingest.formats.opencode.journal import with_journal
from agenttrace.ingest.formats.opencode.rows import DAMAGE, Rows, tell_damage
from agenttrace.ingest.formats.opencode.sessions import write_session
from agenttrace.ingest.formats.opencode.stored_conversations import read_conversations
from agenttrace.ingest.formats.opencode.stored_messages import read_messages
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import DamagedEnd, Source
from agenttrace.model.vocabulary import Severity

_LARGEST_BYTES = 512 << 20
"""A packed database beyond this is refused: it is held in memory whole."""

_LONGEST_VALUE_BYTES = 64 << 20
_SESSIONS = "SELECT id, parent_id, {fork} FROM {table} ORDER BY id"


def read_database(source: Source, reader: FieldReader) -> None:
    """Everything of one database. Where it is damaged, what comes before that is used."""
    recorder = reader.recorder
    try:
        with ExitStack() as held:
            database = held.enter_context(closing(_connected(_address(source, recorder, held))))
            _prepare(database, source)
            _read_tables(Rows(database, reader), reader)
    except DAMAGE as error:
        tell_damage(reader, error)
    except DamagedEnd as error:
        recorder.finding("damaged_end", Severity.WARNING, f"the compressed file ends early: {error}")


def _address(source: Source, recorder: Recorder, held: ExitStack) -> str:
    """Where SQLite finds the database: in its file, as that is; in a copy, with its journal; in memory."""
    if not source.is_plain:
        return "file::memory:"
    if f"{Path(source.path).name}-wal" in source.siblings():
        copy = held.enter_context(with_journal(source))
        if copy is not None:
            return copy.as_uri()
        what = "what was written last lies in the -wal file, which could not be copied to be read"
        recorder.finding("journal_not_read", Severity.INFO, what)
    return f"{Path(source.file).resolve().as_uri()}?mode=ro&immutable=1"


def _connected(address: str) -> sqlite3.Connection:
    return sqlite3.connect(address, uri=True)


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


def _read_tables(rows: Rows, reader: FieldReader) -> None:
    """Sessions, then messages with their parts, of both versions."""
    found = rows.tables
    first, second = found >= {"message", "part"}, "session_message" in found
    if not (first or second):
        what = "a store without messages: nothing is read"
        reader.recorder.finding("store_not_read", Severity.WARNING, what)
        return
    forks = set()
    for table in ("session", "session_v2"):
        if table in found:
            forks |= _read_sessions(rows, reader, table)
    line = read_messages(rows, reader) if first else 0
    if second:
        read_conversations(rows, reader, forks, line, taken_over=first)


def _read_sessions(rows: Rows, reader: FieldReader, table: str) -> set[str]:
    """Those that are forks of another."""
    fork = "fork_session_id" if "fork_session_id" in rows.columns(table) else "NULL"
    forks = set()
    for session_id, parent_id, origin in rows.of(_SESSIONS.format(fork=fork, table=table)):
        reader.recorder.records += 1
        write_session(reader, {"id": session_id, "parentID": parent_id})
        if isinstance(origin, str) and isinstance(session_id, str):
            forks.add(session_id)
    return forks
