"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.jaeger.documents import is_jaeger
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class Jaeger:
    """Jaeger JSON, and version 3 of its query service."""

    id = "jaeger"
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="traces of Jaeger, as its query service and user interface hand them out",
        containers=(
            "JSON document: an answer, a list of traces, a trace, a list of spans",
            "JSON lines",
            "answers of api_v3",
        ),
        measured=("start and duration of every span", "requests and tools, where the tags name them"),
        derived=("turns", "joins", "clocks of services that are behind their callers"),
        untold=(
            "less than a microsecond",
            "what the dialect of the tags lacks",
            "whether Jaeger has moved clocks before",
        ),
    )

    def sniff(self, head: Head) -> bool:
        """A trace of Jaeger's in one of its containers."""
        return is_jaeger(head.document)

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records the spans of every trace in the source."""
        from agenttrace.ingest.formats.jaeger.reading import read_traces  # noqa: PLC0415

        read_traces(source, recorder)
