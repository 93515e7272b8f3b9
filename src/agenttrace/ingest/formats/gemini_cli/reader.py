"""The format: chats of both forms, and telemetry as Node's classes serialise it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.gemini_cli.conversation import read_conversation
from agenttrace.ingest.formats.gemini_cli.outfile import read_outfile
from agenttrace.ingest.formats.gemini_cli.rows import write_conversation
from agenttrace.ingest.formats.gemini_cli.sniffing import is_chat, is_outfile
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class GeminiCli:
    """The reader of one chat, or of one telemetry file."""

    @property
    def id(self) -> str:
        """The id of the format."""
        return "gemini-cli"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="Gemini CLI: chats (`~/.gemini/tmp/*/chats`), or the telemetry outfile",
            containers=("JSON document", "JSON lines", "JSON documents one after the other (outfile)"),
            measured=(
                "end of requests",
                "tokens, cached ones too",
                "outfile: durations of requests and tools",
            ),
            derived=(
                "start of requests: not before what they answer",
                "tools from call to the record of their batch",
                "subagents, by the call that names them",
                "compactions, as snapshots of the state",
                "outfile: starts, from end and duration",
            ),
            untold=(
                "queue, prefill and decode: a request is one phase, model",
                "waiting for a permission, which lies inside its tool",
                "chats: retries and failed requests",
            ),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """None."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether it begins as a chat or as a telemetry file does."""
        return is_chat(head) or is_outfile(head)

    def read(self, source: Source, recorder: Recorder) -> None:
        """Everything of one file."""
        if is_outfile(source.head):
            read_outfile(source, recorder)
        else:
            write_conversation(read_conversation(source, recorder), recorder)
