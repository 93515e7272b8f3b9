"""The format as the rest of agenttrace sees it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.otlp.sniffing import is_otlp
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class Otlp:
    """OTLP: traces and logs; metrics are counted."""

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        return "otlp"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="OpenTelemetry traces, and log events that carry requests",
            containers=(
                "JSON document",
                "JSON lines",
                "protobuf: one message, concatenated, length-prefixed",
            ),
            measured=(
                "requests",
                "tools",
                "what the dialect has: queue, prefill, decode, time to first token, cache reads",
            ),
            derived=("turns", "joins", "compactions"),
            untold=("what the dialect lacks: GenAI, OpenInference and OpenLLMetry split no request",),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. Never raises."""
        return is_otlp(head)

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source."""
        from agenttrace.ingest.formats.otlp.reading import read_otlp  # noqa: PLC0415  # loaded where needed

        read_otlp(source, recorder)
