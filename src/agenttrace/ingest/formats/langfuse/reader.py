"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.csv_rows import columns_of
from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.langfuse.records import WRAPPERS, is_langfuse, is_table
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_objects import peeked
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class Langfuse:
    """Observations become spans of the dialect layer, under the attribute names of Langfuse's own OTLP.

    So the tables of the dialects decide once what is a request, a tool or an agent: the attributes that an
    instrumentation wrote come along in an observation's metadata, and know better than its type, which older
    versions of Langfuse leave at SPAN.
    """

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        return "langfuse"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="Langfuse exports: traces with observations, tables of these, pages of its API, ingestion events",
            containers=("JSON document", "JSON lines", "CSV"),
            measured=("requests", "tools", "agents", "first token where the SDK notes it"),
            derived=("decode", "turns", "joins", "tokens with the cached ones, from parts"),
            untold=("queue and prefill", "retries inside a call", "waits for the user"),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. Never raises."""
        return is_langfuse(peeked(head, WRAPPERS)) or is_table(columns_of(head))

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source."""
        from agenttrace.ingest.formats.langfuse.reading import read_records  # noqa: PLC0415

        read_records(source, recorder)
