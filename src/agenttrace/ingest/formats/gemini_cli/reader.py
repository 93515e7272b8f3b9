"""The format: chats of both forms, events as they are printed, and telemetry as Node's classes serialise it.

What reads it is loaded where a file needs it.
"""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.gemini_cli.sniffing import is_chat, is_outfile, is_stream
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
            about="Gemini CLI: chats (`~/.gemini/tmp/*/chats`), the telemetry outfile, or `-o stream-json`",
            containers=("JSON document", "JSON lines", "JSON documents one after the other (outfile)"),
            measured=(
                "end of requests",
                "tokens, cached ones too; none in stream-json",
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
        """Whether it begins as a chat, a telemetry file or a stream of events does."""
        return is_chat(head) or is_outfile(head) or is_stream(head)

    def read(self, source: Source, recorder: Recorder) -> None:
        """Everything of one file."""
        from agenttrace.ingest.formats.gemini_cli.conversation import read_conversation  # noqa: PLC0415
        from agenttrace.ingest.formats.gemini_cli.outfile import read_outfile  # noqa: PLC0415
        from agenttrace.ingest.formats.gemini_cli.rows import write_conversation  # noqa: PLC0415
        from agenttrace.ingest.formats.gemini_cli.stream import read_stream  # noqa: PLC0415

        if is_outfile(source.head):
            read_outfile(source, recorder)
        elif is_stream(source.head):
            read_stream(source, recorder)
        else:
            write_conversation(read_conversation(source, recorder), recorder)
