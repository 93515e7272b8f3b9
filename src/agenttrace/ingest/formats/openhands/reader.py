"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.openhands.sniffing import is_event_list
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class OpenHands:
    """The reader of one trajectory, or of one folder of events."""

    @property
    def id(self) -> str:
        """The id of the format."""
        return "openhands"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="events of OpenHands: an exported trajectory, or a conversation's folder `events`",
            containers=(
                "JSON list",
                "JSON lines",
                "a folder with a JSON file for each event",
                "output.jsonl of its benchmarks",
            ),
            measured=(
                "end of requests",
                "tools from action to observation",
                "waits for a confirmation",
                "lengths of requests in versions that keep `response_latencies`, with the events or in base_state.json",
            ),
            derived=(
                "start of requests: not before what they answer",
                "tokens, also from running totals",
                "delegates, as subagents",
                "condensations",
                "the zone of its local times, from the answers' own",
            ),
            untold=("queue, prefill and decode: a request is one phase, model", "retries within a request"),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """What lies beside the events of a conversation."""
        return ("base_state.json", "llm_registry.json", "agent_state.pkl", "conversation_stats.pkl")

    def sniff(self, head: Head) -> bool:
        """Whether it begins with events."""
        return is_event_list(head)

    def read(self, source: Source, recorder: Recorder) -> None:
        """All events of a list; those of a folder with the first of its files."""
        from agenttrace.ingest.formats.openhands.reading import read_trajectory  # noqa: PLC0415

        read_trajectory(source, recorder)
