"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.workload import recognition


class AppliedCompute:
    """Applied Compute agentic workloads."""

    id = recognition.APPLIED_COMPUTE
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="agentic workloads of Applied Compute: turns of a session with their tools",
        containers=("JSON lines",),
        measured=("tool times", "tokens of answers and tool results"),
        derived=("prompts (what came before, added up)", "starts at the earliest"),
        untold=(*recognition.UNTOLD, "arrivals", "models", "names of tools", "block hashes", "subagents"),
        timed=False,
    )

    def sniff(self, head: Head) -> bool:
        """A line with the lengths of prompt, answers and tool results of a session."""
        return recognition.workload_of(head) == self.id

    def read(self, source: Source, recorder: Recorder) -> None:
        """One session for each line: its requests, and a tool call between each two of them."""
        from agenttrace.ingest.formats.applied_compute.reading import read_sessions  # noqa: PLC0415

        read_sessions(source, recorder)
