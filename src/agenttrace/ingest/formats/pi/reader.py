"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


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
            measured=(
                "start and end of requests",
                "end of tools",
                "tokens",
                "failed attempts",
                "start of tools and compactions, where a record of version 4 tells it",
            ),
            derived=(
                "start of tools: not before their call was complete",
                "start of requests without a time of their own: not before what they answer",
                "compactions",
                "agents: the lanes of version 4",
                "waits for the user",
            ),
            untold=("queue, prefill and decode: a request is one phase, model",),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """None."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether it begins with the header of a session, or with entries whose header is lost."""
        first = next(iter(head.objects), {})
        return _is_header(first) or any(map(_is_message, head.objects))

    def read(self, source: Source, recorder: Recorder) -> None:
        """All entries."""
        from agenttrace.ingest.formats.pi.reading import read_entries  # noqa: PLC0415

        read_entries(source, recorder)


def _is_header(first: dict[str, Any]) -> bool:
    if first.get("kind") == "header":
        return first.get("version") == 4 and all(name in first for name in ("id", "createdAt"))
    texts = (first.get("id"), first.get("timestamp"), first.get("cwd"))
    return first.get("type") == "session" and all(isinstance(text, str) for text in texts)


def _is_message(entry: dict[str, Any]) -> bool:
    """Of version 4 it is of a lane, and its instant is a number."""
    said = entry.get("message")
    fourth = entry.get("kind") == "entry" and isinstance(entry.get("lane"), str)
    return (
        entry.get("type") == "message"
        and "parentId" in entry
        and isinstance(entry.get("id"), str)
        and isinstance(entry.get("timestamp"), (int, float) if fourth else str)
        and isinstance(said, dict)
        and isinstance(said.get("role"), str)
    )
