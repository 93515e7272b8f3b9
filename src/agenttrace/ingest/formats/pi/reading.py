"""The format: a header, and then an entry, or a change of the session, in each line."""

from __future__ import annotations

from agenttrace.ingest.formats.pi.files import Changes, File, Linear, changes_version
from agenttrace.ingest.json_values import read_lines
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity


def read_entries(source: Source, recorder: Recorder) -> None:
    """All lines, as the first one that can be read tells their version."""
    file: File | None = None
    for line, value in read_lines(source, recorder):
        if not isinstance(value, dict):
            recorder.finding("not_an_object", Severity.WARNING, "JSON, but not an object", line=line)
            continue
        if file is None:
            file = Changes(recorder) if changes_version(value) else Linear(recorder)
        file.take(value, line)
    (file or Linear(recorder)).finish()
