"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.workload import recognition


class AgenticMooncake:
    """Agentic Mooncake, versions 1 and 2."""

    id = recognition.AGENTIC_MOONCAKE
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="Agentic Mooncake workloads: requests with what each waits for",
        containers=("JSON lines", "version 2 (with a header)", "version 1 (documented)"),
        measured=(
            "dependencies and their delays",
            "tokens",
            "block hashes",
            "subagents",
            "tool times (version 1, where it has tool events)",
            "request times (where it has recorded_api_time_ms)",
        ),
        derived=("starts at the earliest", "sessions (version 1)", "block size (version 1)"),
        untold=recognition.UNTOLD,
        timed=False,
    )

    def sniff(self, head: Head) -> bool:
        """The header of version 2, or rows with dependencies or plays."""
        return recognition.workload_of(head) == self.id

    def read(self, source: Source, recorder: Recorder) -> None:
        """One request for each row; a session for each play, or for rows that wait for each other."""
        from agenttrace.ingest.formats.agentic_mooncake.reading import read_rows  # noqa: PLC0415

        read_rows(source, recorder)
