"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.codex_otel.events import WHERE, read_event
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


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
        if head.keys.isdisjoint(WHERE):
            return False
        return any(read_event(record) is not None for record in head.items)

    def read(self, source: Source, recorder: Recorder) -> None:
        """Everything of one file."""
        from agenttrace.ingest.formats.codex_otel.reading import read_events  # noqa: PLC0415

        read_events(source, recorder)
