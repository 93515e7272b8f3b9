"""The format: a document of messages, or a bare list of them as the first versions wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.formats.mini_swe_agent.messages import write_messages
from agenttrace.ingest.json_values import read_document
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity


def read_trajectory(source: Source, recorder: Recorder) -> None:
    """All messages."""
    document = read_document(source, recorder)
    reader = FieldReader(recorder)
    whole: Mapping[str, Any] = {"messages": document} if isinstance(document, list) else {}
    whole = document if isinstance(document, dict) else whole
    messages = reader.numbered(whole, "messages")
    recorder.records = max(len(messages), 1)
    if not write_messages(reader, whole, messages):
        what = "messages without times, as versions before 2 write them"
        recorder.finding("no_timings", Severity.WARNING, what)
