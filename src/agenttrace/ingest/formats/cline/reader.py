"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

_TYPES = frozenset({"ask", "say"})


class Cline:
    """The reader of one task."""

    @property
    def id(self) -> str:
        """The id of the format."""
        return "cline"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="tasks of Cline and Roo Code: `ui_messages.json`, and what lies beside it",
            containers=("JSON list",),
            measured=("tokens", "end of requests, where `api_conversation_history.json` notes it", "retries"),
            derived=(
                "start of requests: not before they were announced",
                "first token: not after the first thing shown",
                "end of requests: else not before the last thing shown",
                "tools, from being shown to what follows",
                "compactions",
                "waits for the user",
                "waits for a rate limit",
                "subtasks of Roo Code, as subagents",
            ),
            untold=(
                "waiting for a permission, which lies inside its tool",
                "back-off between attempts",
                "queue",
            ),
            seen=False,
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """What lies beside it in the folder of a task."""
        return (
            "api_conversation_history.json",
            "context_history.json",
            "history_item.json",
            "task_metadata.json",
        )

    def sniff(self, head: Head) -> bool:
        """Whether it is a list of things asked and said."""
        found = head.document
        return isinstance(found, list) and any(_is_message(item) for item in found[:4])

    def read(self, source: Source, recorder: Recorder) -> None:
        """Everything of one task."""
        from agenttrace.ingest.formats.cline.reading import read_task  # noqa: PLC0415

        read_task(source, recorder)


def _is_message(item: Any) -> bool:
    if not isinstance(item, Mapping) or not isinstance(item.get("ts"), (int, float)):
        return False
    kind = item.get("type")
    return isinstance(kind, str) and kind in _TYPES and isinstance(item.get(kind), str)
