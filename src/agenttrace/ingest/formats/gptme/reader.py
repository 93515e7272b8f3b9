"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

_ROLES = frozenset({"system", "user", "assistant", "tool"})
_FIELDS = frozenset(
    {
        "type", "role", "content", "timestamp", "files", "file_hashes", "pinned", "hide", "ui_only",
        "ephemeral_ttl", "call_id", "metadata",
    }
)  # fmt: skip
_FEWEST = 2


class Gptme:
    """The reader of one conversation."""

    @property
    def id(self) -> str:
        """The id of `--input-format` and of `sources[].format`."""
        return "gptme"

    @property
    def facts(self) -> FormatFacts:
        """What it can tell, and what it cannot."""
        return FormatFacts(
            about="gptme: `conversation.jsonl` of a log folder, or its output as JSON",
            containers=("JSON lines",),
            measured=("end of requests and tools", "tokens, where they were noted"),
            derived=(
                "start and first token, in versions that note how long both took",
                "start of requests in others: not before what they answer",
                "user waits",
            ),
            untold=("names of tools in versions that note none", "tools side by side", "subagents", "queue"),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """Globs of file names that belong to the format and are not read on their own."""
        return ()

    def sniff(self, head: Head) -> bool:
        """Whether content that starts so is of this format. Never raises."""
        messages = sum(map(_is_message, head.objects[:8]))
        return messages >= min(_FEWEST, len(head.objects)) and messages > len(head.objects[:8]) // 2

    def read(self, source: Source, recorder: Recorder) -> None:
        """Records all of the source."""
        from agenttrace.ingest.formats.gptme.reading import read_messages  # noqa: PLC0415

        read_messages(source, recorder)


def _is_message(value: Mapping[str, Any]) -> bool:
    """Nothing in it but what gptme writes: messages of others look much alike."""
    return (
        str(value.get("role")) in _ROLES
        and isinstance(value.get("content"), str)
        and fields.instant_from_iso(value.get("timestamp")) is not None
        and value.keys() <= _FIELDS
    )
