"""Lines, or one list, of events; what they mean is told where all log events are read."""

from __future__ import annotations

from agenttrace.ingest.formats.codex_otel.events import Event, read_event
from agenttrace.ingest.json_values import read_values
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.logs import Logs
from agenttrace.model.vocabulary import Severity

_SCOPE = "codex_otel.log_only"


def read_events(source: Source, recorder: Recorder) -> None:
    """Everything of one file."""
    logs = Logs(recorder)
    for line, value in read_values(source, recorder):
        if isinstance(value, list):
            recorder.records += len(value)
        for number, record in enumerate(value if isinstance(value, list) else [value]):
            place = line + number if isinstance(value, list) else line
            event = read_event(record) if isinstance(record, dict) else None
            if event is None:
                what = "a record that is no event of Codex: left out"
                recorder.finding("record_unusable", Severity.INFO, what, line=place)
            else:
                _add(logs, recorder, event, place)
    logs.release(frozenset(), {})


def _add(logs: Logs, recorder: Recorder, event: Event, line: int) -> None:
    if event.copy:
        what = "an event that a logger wrote a second time: counted once"
        recorder.finding("duplicate_record", Severity.INFO, what, line=line)
        return
    logs.add(_SCOPE, event.name, None, (event.t_ns, 0), event.attributes, line)
