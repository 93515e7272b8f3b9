"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

_KINDS = ("scope", "mark")


class Atof:
    """ATOF 0.x event streams, of NVIDIA NeMo Relay and NeMo Agent Toolkit."""

    id = "atof"
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="ATOF event streams (Agentic Trajectory Observability Format)",
        containers=("JSON lines", "JSON list"),
        measured=(
            "agents, requests, tools and all other scopes",
            "first token (where chunks are marked)",
            "compactions (where marked)",
            "which request called which tool (by call ids)",
        ),
        derived=("decode (where chunks are marked)", "joins", "user waits between turns"),
        untold=(
            "queue and prefill",
            "what scopes of category `unknown` do",
            "tokens, where answers have no usage",
            "retries",
        ),
    )

    def sniff(self, head: Head) -> bool:
        """An event among the first: its kind, its version and its id."""
        return any(map(_is_event, head.items))

    def read(self, source: Source, recorder: Recorder) -> None:
        """A span for each scope, also for one that only started or only ended."""
        from agenttrace.ingest.formats.atof.reading import read_events  # noqa: PLC0415

        read_events(source, recorder)


def _is_event(record: Mapping[str, Any]) -> bool:
    return (
        record.get("kind") in _KINDS
        and isinstance(record.get("atof_version"), str)
        and isinstance(record.get("uuid"), str)
    )
