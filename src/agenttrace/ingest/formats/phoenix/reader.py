"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.csv_rows import columns_of
from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.phoenix.frames import COLUMNS, WRAPPERS, is_span, is_table, records_in
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_objects import first_peeked
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import PARQUET_MAGIC, Source


class Phoenix:
    """Its records are the spans of OpenTelemetry with times as text: the dialect layer reads what they mean."""

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        return "phoenix"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="Arize Phoenix exports: spans with OpenInference attributes",
            containers=("JSON document", "JSON lines", "data frame as JSON, CSV or Parquet"),
            measured=(
                "requests",
                "tools",
                "agents",
                "first token where a span event marks it",
                "cache reads",
            ),
            derived=("decode", "turns", "joins"),
            untold=("queue and prefill", "span links", "the service that a span came from"),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. Never raises."""
        if head.data.startswith(PARQUET_MAGIC):
            return all(name.encode() in head.footer for name in COLUMNS)
        found = (record for value in first_peeked(head, WRAPPERS) for record in records_in(value)[:8])
        return any(is_span(record) for record in found) or is_table(columns_of(head))

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source."""
        from agenttrace.ingest.formats.phoenix.reading import read_spans  # noqa: PLC0415

        read_spans(source, recorder)
