"""The format: `ui_messages.json` of a task, with the files that lie beside it."""

from __future__ import annotations

from agenttrace.ingest.formats.cline.beside import read_beside
from agenttrace.ingest.formats.cline.messages import read_message
from agenttrace.ingest.formats.cline.task import write_task
from agenttrace.ingest.json_values import read_document
from agenttrace.ingest.record_fields import FieldReader, listed
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity


def read_task(source: Source, recorder: Recorder) -> None:
    """Everything of one task."""
    document, reader = read_document(source, recorder), FieldReader(recorder)
    items = listed(document)
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
