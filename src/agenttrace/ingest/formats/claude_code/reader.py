"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.claude_code.sniffing import is_transcript
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

if TYPE_CHECKING:
    from agenttrace.ingest.formats.claude_code.reading import Session


class ClaudeCode:
    """The reader of transcripts, whatever part of a session a file holds."""

    @property
    def id(self) -> str:
        """The id of the format."""
        return "claude-code"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="transcripts of Claude Code: a file, or a project folder",
            containers=("JSON lines", "JSON document (`loglines`)"),
            measured=(
                "end of requests",
                "tools that state a duration",
                "subagents",
                "compactions",
                "retries",
                "cache reads",
            ),
            derived=("start of requests", "tools from call to result", "user and permission waits", "joins"),
            untold=("queue, prefill and decode: a request is one phase, model",),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Files of the project folder that are no transcripts."""
        titles = ("custom-title.json", "sent-prefix.json", "precompact.json")
        return ("*.meta.json", "journal.jsonl", "wf_*.json", *titles)

    def sniff(self, head: Head) -> bool:
        """Whether the head holds a transcript's records."""
        return is_transcript(head.data)

    def read(self, source: Source, recorder: Recorder) -> None:
        """Everything of one file; whether there are others of its session is not known."""
        from agenttrace.ingest.formats.claude_code.reading import Session  # noqa: PLC0415

        session = Session(complete=False)
        session.add_to(source, recorder)
        session.finish()

    def key_of(self, source: Source) -> str:
        """The session of the first record that names one."""
        from agenttrace.ingest.formats.claude_code.lines import first_session  # noqa: PLC0415

        return first_session(source)

    def begin(self) -> Session:
        """A session of which no file is read yet."""
        from agenttrace.ingest.formats.claude_code.reading import Session  # noqa: PLC0415

        return Session()
