"""The format: a header, and then an entry in each line."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.pi.entries import Entries
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_values import read_lines
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity


class Pi:
    """The reader of one session file."""

    @property
    def id(self) -> str:
        """The id of the format."""
        return "pi"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="sessions of the coding agent pi (`~/.pi/agent/sessions`)",
            containers=("JSON lines",),
            measured=("start and end of requests", "end of tools", "tokens", "failed attempts"),
            derived=(
                "start of tools: not before their call was complete",
                "compactions",
                "waits for the user",
            ),
            untold=("queue, prefill and decode: a request is one phase, model",),
            seen=False,
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """None."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether it begins with the header of a session, or with entries whose header is lost."""
        first = next(iter(head.objects), {})
        texts = (first.get("id"), first.get("timestamp"), first.get("cwd"))
        headed = first.get("type") == "session" and all(isinstance(text, str) for text in texts)
        return headed or any(_is_message(entry) for entry in head.objects)

    def read(self, source: Source, recorder: Recorder) -> None:
        """All entries."""
        entries = Entries(recorder)
        for line, value in read_lines(source, recorder):
            if isinstance(value, dict):
                entries.take(value, line)
            else:
                recorder.finding("not_an_object", Severity.WARNING, "JSON, but not an object", line=line)
        entries.finish()


def _is_message(entry: dict[str, Any]) -> bool:
    said = entry.get("message")
    told = all(isinstance(entry.get(name), str) for name in ("id", "timestamp"))
    return (
        entry.get("type") == "message"
        and "parentId" in entry
        and told
        and isinstance(said, dict)
        and isinstance(said.get("role"), str)
    )
