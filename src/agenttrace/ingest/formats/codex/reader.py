"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.codex.sniffing import is_rollout
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source


class Codex:
    """The reader of one rollout: a thread, or a part of one."""

    @property
    def id(self) -> str:
        """The id of the format."""
        return "codex"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="rollouts of Codex: a file a thread, or the folder of sessions",
            containers=("JSON lines",),
            measured=(
                "end of requests that call no tool",
                "tokens",
                "cache reads",
                "tools that state a length",
                "turns",
                "compactions",
                "time to first token of the first request of a turn",
                "in newest versions time to first token of all that begin with text or reasoning",
            ),
            derived=(
                "requests, from changes of the sum of tokens",
                "start of requests",
                "tools from call to result",
                "waits for the user and for approvals",
                "subagents and joins",
                "copied history of forks, which is left out",
            ),
            untold=(
                "queue and prefill",
                "retries",
                "requests of reviews, in versions that do not name their thread",
            ),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Files beside the rollouts that are none."""
        return ("session_index.jsonl",)

    def sniff(self, head: Head) -> bool:
        """Whether the head holds records of a rollout."""
        return is_rollout(head)

    def read(self, source: Source, recorder: Recorder) -> None:
        """Everything of one file."""
        from agenttrace.ingest.formats.codex.reading import read_rollouts  # noqa: PLC0415

        read_rollouts(source, recorder)
