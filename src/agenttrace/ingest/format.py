"""What a format is: it recognises content, and reads it into a recorder."""

from __future__ import annotations

from typing import Protocol

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class Format(Protocol):
    """One trace format. Stateless: one module-level instance serves every file."""

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        ...

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        ...

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        ...

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. Never raises."""
        ...

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source. What cannot be used becomes a finding; nothing is dropped silently."""
        ...
