"""The format as the rest of agenttrace sees it."""

from __future__ import annotations

from agenttrace.ingest.formats.otlp.reading import is_otlp, read_otlp
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class Otlp:
    """OTLP: traces and logs; metrics are counted."""

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        return "otlp"

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        return ()

    def sniff(self, head: bytes) -> bool:
        """Whether content that starts so (at most 64 KiB) is of this format. Never raises."""
        return is_otlp(head)

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source."""
        read_otlp(source, recorder)
