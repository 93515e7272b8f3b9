"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.csv_rows import columns_of
from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.logfire.rows import NEEDED, WRAPPERS, is_row, is_schema, is_table
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_objects import first_peeked
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class Logfire:
    """Its rows are spans of OpenTelemetry, whose meaning the dialect layer knows.

    A format of its own and not OTLP: what is exported are rows of a database, with other names, times as text,
    and spans beside logs and copies of span events.
    """

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        return "logfire"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="Logfire query results: rows of `records`, by row or by column (OTLP from Logfire is `otlp`)",
            containers=("JSON document", "JSON lines", "messages of a stream", "CSV"),
            measured=("requests", "tools", "agents", "what the attributes of the spans have"),
            derived=("turns", "joins"),
            untold=("what the query did not select", "queue and prefill"),
            seen=False,
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. Never raises."""
        found = first_peeked(head, WRAPPERS)
        rows = any(is_row(record) or is_table(record) or is_schema(record) for record in found)
        return rows or columns_of(head) >= NEEDED

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source."""
        from agenttrace.ingest.formats.logfire.reading import read_rows  # noqa: PLC0415

        read_rows(source, recorder)
