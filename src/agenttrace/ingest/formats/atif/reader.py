"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.atif.documents import find_trajectories
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class Atif:
    """Trajectories in the Agent Trajectory Interchange Format."""

    id = "atif"
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="ATIF v1.0 to v1.7 (Agent Trajectory Interchange Format), of harbor, NeMo Agent Toolkit and others",
        containers=("JSON document", "JSON list", "JSON lines", "within an evaluation's entries"),
        measured=(
            "requests and tools (where the writer keeps invocations)",
            "tokens",
            "which request called which tool",
            "subagents, summaries and continuations",
        ),
        derived=(
            "requests from one step's timestamp to the next, where no tool ran between",
            "user waits",
            "compactions",
        ),
        untold=(
            "first token, queue, prefill, decode",
            "how a tool and the answer to it share the time between two steps",
            "anything at all where steps have no timestamps",
        ),
    )

    def sniff(self, head: Head) -> bool:
        """A trajectory among the first values."""
        return any(next(find_trajectories(item), None) is not None for item in head.items)

    def read(self, source: Source, recorder: Recorder) -> None:
        """All trajectories of a file, embedded ones among them."""
        from agenttrace.ingest.formats.atif.reading import read_trajectories  # noqa: PLC0415

        read_trajectories(source, recorder)
