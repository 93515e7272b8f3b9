"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.tempo.documents import documents
from agenttrace.ingest.formats.tempo.footers import is_block
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class Tempo:
    """Answers of Grafana Tempo."""

    id = "tempo"
    companions = ("meta.json", "bloom-*")
    facts = FormatFacts(
        about="traces of Grafana Tempo, as its API and Grafana's export hand them out",
        containers=(
            "JSON document",
            "JSON lines",
            "answers of API versions 1 and 2",
            "its own blocks (data.parquet, vParquet3 to 5)",
        ),
        measured=(
            "requests",
            "tools",
            "what the dialect has: queue, prefill, decode, time to first token, cache reads",
        ),
        derived=("turns", "joins", "compactions"),
        untold=(
            "what the dialect lacks",
            "of blocks without their meta.json: attributes in dedicated columns",
        ),
        seen=False,
    )

    def sniff(self, head: Head) -> bool:
        """Batches of spans under one of Tempo's keys, or a block's columns."""
        return is_block(head) or any(True for _ in documents(head.document))

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all spans of the source."""
        from agenttrace.ingest.formats.tempo.reading import read_answers  # noqa: PLC0415

        read_answers(source, recorder)
