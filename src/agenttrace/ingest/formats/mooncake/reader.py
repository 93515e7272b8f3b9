"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.workload import recognition


class Mooncake:
    """Mooncake traces, also with sessions of several turns."""

    id = recognition.MOONCAKE
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="Mooncake workloads: arrivals, tokens and block hashes of requests",
        containers=(
            "JSON lines",
            "whole prompts, or what each turn adds (mooncake-delta)",
            "Bailian chats (documented)",
        ),
        measured=("arrivals", "tokens", "block hashes", "pauses between turns (where stated)"),
        derived=("block size", "whole prompts (of what turns add)"),
        untold=(*recognition.UNTOLD, "models", "tools", "subagents"),
        timed=False,
    )

    def sniff(self, head: Head) -> bool:
        """Rows with tokens and block hashes, arrivals or sessions, and without dependencies."""
        return recognition.workload_of(head) == self.id

    def read(self, source: Source, recorder: Recorder) -> None:
        """One request for each row; a session for each `session_id`, each chain of chats, each other row."""
        from agenttrace.ingest.formats.mooncake.reading import read_rows  # noqa: PLC0415

        read_rows(source, recorder)
