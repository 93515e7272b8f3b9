"""The format: an export holds a session, a file of the storage holds a piece of one.

Messages of version 2 have their content in themselves, and no ids of their session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.opencode import sniffing
from agenttrace.ingest.formats.opencode.conversation import Conversation
from agenttrace.ingest.formats.opencode.database import read_database
from agenttrace.ingest.formats.opencode.messages import write_message
from agenttrace.ingest.formats.opencode.sessions import write_session
from agenttrace.ingest.formats.opencode.storage import message_exists, parts_of
from agenttrace.ingest.formats.opencode.tools import write_tool
from agenttrace.ingest.formats.opencode.turns import Turns
from agenttrace.ingest.json_values import read_document
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity


def read_file(source: Source, recorder: Recorder) -> None:
    """Everything of one file; a message is read with the files of its parts."""
    reader = FieldReader(recorder)
    if sniffing.is_sqlite(source.head):
        read_database(source, reader)
        return
    document = read_document(source, recorder)
    recorder.records = 1
    if isinstance(document, list):
        _read_messages(reader, {"messages": document})
    elif not isinstance(document, dict):
        recorder.finding("not_an_object", Severity.WARNING, "no object of opencode", line=1)
    elif sniffing.is_export(document) or "messages" in document:
        write_session(reader, reader.inner(document, "info", 1))
        _read_export(reader, document)
    elif sniffing.is_session(document):
        write_session(reader, document)
    elif sniffing.is_message(document):
        write_message(reader, document, parts_of(source, document, reader), 1)
    elif sniffing.is_part(document):
        _read_part(source, reader, document)
    else:
        what = "neither session, message nor part"
        recorder.finding("unknown_record", Severity.WARNING, what, line=1)


def _read_export(reader: FieldReader, document: Mapping[str, Any]) -> None:
    info = reader.inner(document, "info", 1)
    session_id, messages = fields.text(info.get("id")), document.get("messages") or []
    if session_id is None or not sniffing.are_second(messages):
        _read_messages(reader, document)
        return
    conversation = Conversation(reader, session_id, forked=isinstance(info.get("fork"), dict))
    reader.recorder.records = len(messages)
    for line, message in reader.numbered(document, "messages"):
        conversation.take(message, line)
    conversation.finish()


def _read_messages(reader: FieldReader, document: Mapping[str, Any]) -> None:
    reader.recorder.records = 0
    turns = Turns()
    for line, message in reader.numbered(document, "messages"):
        info, parts = reader.inner(message, "info", line), reader.objects(message, "parts", line)
        reader.recorder.records += 1 + len(parts)
        if sniffing.is_message(info):
            write_message(reader, info, parts, line, turns)
        else:
            what = "a message without its ids: left out"
            reader.recorder.finding("message_without_id", Severity.WARNING, what, line=line)
    reader.recorder.records = max(reader.recorder.records, 1)


def _read_part(source: Source, reader: FieldReader, part: Mapping[str, Any]) -> None:
    """A part whose message is in the storage was read with that."""
    if message_exists(source, part):
        return
    if part.get("type") == "tool":
        write_tool(reader, part, None, 1)
    else:
        what = "a part whose message is not there: it says nothing by itself"
        reader.recorder.finding("part_alone", Severity.INFO, what, line=1)
