"""The format: lines, or one list, of events; what they mean is told where all log events are read."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.codex_otel.events import Event, read_event
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_values import read_values
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.logs import Logs
from agenttrace.model.vocabulary import Severity

_SCOPE = "codex_otel.log_only"


class CodexOtel:
    """The reader of events that stand by themselves."""

    @property
    def id(self) -> str:
        """The id of the format."""
        return "codex-otel"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="log events of Codex, one by one; in OTLP they are `otlp`",
            containers=("JSON lines", "JSON list"),
            measured=("end of requests", "tools", "tokens", "cache reads", "time to first token", "attempts"),
            derived=("start of requests, from when they were sent", "waits for the user", "approvals"),
            untold=("queue and prefill", "compactions"),
            seen=False,
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """None."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether one of the first records is an event of Codex."""
        return any(read_event(record) is not None for record in head.items)

    def read(self, source: Source, recorder: Recorder) -> None:
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
