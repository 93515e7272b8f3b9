"""The format: a header, and then an entry in each line."""

from __future__ import annotations

from agenttrace.ingest.formats.pi.entries import Entries
from agenttrace.ingest.json_values import read_lines
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity


def read_entries(source: Source, recorder: Recorder) -> None:
    """All entries."""
    entries = Entries(recorder)
    for line, value in read_lines(source, recorder):
        if isinstance(value, dict):
            entries.take(value, line)
        else:
            recorder.finding("not_an_object", Severity.WARNING, "JSON, but not an object", line=line)
    entries.finish()
