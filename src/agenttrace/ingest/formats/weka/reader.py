"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.workload import recognition


class Weka:
    """Weka's agentic traces, as of kv-cache-tester and AgentX."""

    id = recognition.WEKA
    companions: tuple[str, ...] = ()
    facts = FormatFacts(
        about="Weka's agentic traces: requests of coding sessions with their subagents",
        containers=("a JSON document a session", "JSON lines"),
        measured=(
            "requests (api_time)",
            "first tokens (ttft, where stated)",
            "block hashes",
            "subagents with their lengths",
        ),
        derived=("tools and user waits (gaps after answers)", "starts of subagents", "compactions"),
        untold=("the date", "queue", "names of tools", "cache reads", "network", "text"),
    )

    def sniff(self, head: Head) -> bool:
        """An object with a list of requests that are `n`, `s` or `subagent`."""
        return recognition.workload_of(head) == self.id

    def read(self, source: Source, recorder: Recorder) -> None:
        """One session for each document."""
        from agenttrace.ingest.formats.weka.reading import read_traces  # noqa: PLC0415

        read_traces(source, recorder)
