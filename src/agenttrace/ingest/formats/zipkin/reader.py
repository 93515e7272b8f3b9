"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.zipkin.documents import is_zipkin
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class Zipkin:
    """Zipkin JSON, versions 2 and 1."""

    id = "zipkin"
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="traces of Zipkin, versions 2 and 1",
        containers=("JSON document: a list of spans, a list of traces", "JSON lines"),
        measured=("start and duration of every span", "requests and tools, where the tags name them"),
        derived=("turns", "joins", "clocks of services that are behind their callers"),
        untold=("less than a microsecond", "links between spans", "what the dialect of the tags lacks"),
    )

    def sniff(self, head: Head) -> bool:
        """A span of Zipkin's in one of its containers."""
        return is_zipkin(head.document)

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records the spans of every trace in the source."""
        from agenttrace.ingest.formats.zipkin.reading import read_traces  # noqa: PLC0415

        read_traces(source, recorder)
