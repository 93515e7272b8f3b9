"""The format as the rest of agenttrace sees it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.otlp.sniffing import is_otlp
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.slices import read_in_slices
from agenttrace.ingest.source import DamagedEnd, Source

if TYPE_CHECKING:
    from agenttrace.ingest.formats.otlp.reading import OtlpSlice
    from agenttrace.ingest.telemetry.intake import Left


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
        read_in_slices(self, source, recorder)

    def slices(self, source: Source) -> Iterator[OtlpSlice]:
        """Some lines each, or some batches or documents."""
        from agenttrace.ingest.formats.otlp.reading import otlp_slices  # noqa: PLC0415  # loaded where needed

        return otlp_slices(source)

    def read_slice(self, piece: OtlpSlice, recorder: Recorder) -> Left:
        """What is left are log records, and spans that others complete or replace."""
        from agenttrace.ingest.formats.otlp.reading import read_otlp_slice  # noqa: PLC0415

        return read_otlp_slice(piece, recorder)

    def settle(self, left: Iterable[tuple[Left, int]], damage: DamagedEnd | None, recorder: Recorder) -> None:
        """Sessions, log records that no spans replace, and what was completed nowhere."""
        from agenttrace.ingest.formats.otlp.reading import settle_otlp  # noqa: PLC0415

        settle_otlp(left, damage, recorder)
