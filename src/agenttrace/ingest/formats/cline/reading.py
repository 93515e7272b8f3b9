"""The format: `ui_messages.json` of a task, with the files that lie beside it; or the files of a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.cline.beside import read_beside
from agenttrace.ingest.formats.cline.conversation import Conversation, session_key
from agenttrace.ingest.formats.cline.messages import read_message
from agenttrace.ingest.formats.cline.reader import is_manifest
from agenttrace.ingest.formats.cline.task import write_task
from agenttrace.ingest.json_values import read_document
from agenttrace.ingest.record_fields import FieldReader, listed
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity


def read_file(source: Source, recorder: Recorder) -> None:
    """Everything of one task, or of one file of a session."""
    document, reader = read_document(source, recorder), FieldReader(recorder)
    if not isinstance(document, dict):
        _read_task(source, reader, document)
    elif is_manifest(document):
        _read_manifest(reader, document)
    else:
        _read_session(reader, document)


def _read_session(reader: FieldReader, document: Mapping[str, Any]) -> None:
    session_id = reader.take(document, "sessionId", fields.text, 1)
    messages = reader.numbered(document, "messages")
    reader.recorder.records = max(len(listed(document.get("messages")) or []), 1)
    if session_id is None:
        what = "a session without an id"
        reader.recorder.finding("session_without_id", Severity.WARNING, what, line=1)
    conversation = Conversation(
        reader, session_id or "unknown", reader.take(document, "agent", fields.text, 1)
    )
    for line, message in messages:
        conversation.take(message, line)
    conversation.finish()


def _read_manifest(reader: FieldReader, document: Mapping[str, Any]) -> None:
    """A fork begins with the messages of the session that it was made from."""
    reader.recorder.records = 1
    session_id = reader.take(document, "session_id", fields.text, 1)
    fork = reader.inner(reader.inner(document, "metadata", 1), "fork", 1)
    origin = reader.take(fork, "forkedFromSessionId", fields.text, 1)
    if session_id is not None and origin is not None:
        reader.recorder.same_family(session_key(session_id), session_key(origin))


def _read_task(source: Source, reader: FieldReader, document: Any) -> None:
    recorder, items = reader.recorder, listed(document)
    if items is None:
        recorder.finding("not_an_object", Severity.WARNING, "no list of messages", line=1)
        return
    recorder.records = max(len(items), 1)
    messages = []
    for line, item in enumerate(items, 1):
        message = read_message(reader, item, line) if isinstance(item, dict) else None
        if message is not None:
            messages.append(message)
        else:
            what = "no message that was asked or said at a time: left out"
            recorder.finding("record_unusable", Severity.WARNING, what, line=line)
    if messages:
        write_task(reader, messages, read_beside(source))
