"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.openai_agents.records import WRAPPERS, is_span, is_trace
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_objects import first_peeked
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class OpenAIAgents:
    """Its spans become spans of the dialect layer; what a type of span is stands in the table of roles.

    Agents that hand off to each other are one lane of control, whose context goes on.
    """

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        return "openai-agents"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="OpenAI Agents SDK traces: what a tracing processor exports",
            containers=("JSON lines", "JSON document", "batches"),
            measured=(
                "requests",
                "tools",
                "agents",
                "handoffs",
                "cached tokens where the model's usage has them",
            ),
            derived=("turns", "joins", "waits between the traces of a group"),
            untold=(
                "first token, queue and prefill",
                "the model of a `response`, whose content is kept apart",
                "which request asked for which tool call",
                "attempts that the client repeats by itself",
                "tokens of streamed chat completions without a usage",
            ),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. Never raises."""
        return any(is_trace(record) or is_span(record) for record in first_peeked(head, WRAPPERS))

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source."""
        from agenttrace.ingest.formats.openai_agents.reading import read_records  # noqa: PLC0415

        read_records(source, recorder)
