"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.opencode import sniffing
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class OpenCode:
    """The reader of one export, one database, or one file of the storage."""

    @property
    def id(self) -> str:
        """The id of the format."""
        return "opencode"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="opencode: `opencode export`, its database `opencode.db`, or its folder `storage`",
            containers=(
                "JSON document",
                "SQLite database (session, message, part; session_v2, session_message)",
                "a folder with a JSON file for each session, message and part",
            ),
            measured=(
                "tools",
                "first token, where an answer begins with reasoning or text",
                "end of requests without tools; in version 2 of all",
                "tokens",
                "compactions",
            ),
            derived=(
                "start of requests: not before their message was created",
                "end of requests with tools: not before the last call",
                "end of compactions in version 2: not after their row was last written",
                "subagents, as sessions with a parent",
                "failed attempts, where retries are kept",
            ),
            untold=(
                "waiting for a permission, which lies inside its tool",
                "retries in versions that keep none",
                "requests for titles",
                "failed attempts in version 2",
                "end of compactions in exports of version 2",
                "queue",
            ),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """What SQLite keeps beside a database."""
        return ("*.db-wal", "*.db-shm")

    def sniff(self, head: Head) -> bool:
        """Whether it begins as one of its files does."""
        return sniffing.is_opencode(head)

    def read(self, source: Source, recorder: Recorder) -> None:
        """Everything of one file; a message is read with the files of its parts."""
        from agenttrace.ingest.formats.opencode.reading import read_file  # noqa: PLC0415

        read_file(source, recorder)
