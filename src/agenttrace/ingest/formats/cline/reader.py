"""The format as the rest of agenttrace sees it. What reads it is loaded where a file needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.head import Head
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

_TYPES = frozenset({"ask", "say"})
_ROLES = ("lead", "subagent", "teammate")
_MANIFEST = frozenset({"session_id", "started_at", "workspace_root", "enable_spawn", "status"})


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
            about="tasks of Cline and Roo Code: `ui_messages.json`, and what lies beside it; "
            "sessions of Cline's newer versions: `<session>.messages.json`",
            containers=(
                "JSON list",
                "JSON document (`<session>.messages.json`, and `<session>.json` beside it)",
            ),
            measured=(
                "tokens",
                "end of requests in newer versions, else where `api_conversation_history.json` notes it",
                "end of tools in newer versions",
                "retries in tasks",
            ),
            derived=(
                "start of requests: not before they were announced",
                "first token: not after the first thing shown",
                "end of requests: else not before the last thing shown",
                "tools, from being shown to what follows",
                "compactions",
                "waits for the user",
                "waits for a rate limit",
                "subtasks of Roo Code, and sessions named after a root, as subagents",
            ),
            untold=(
                "waiting for a permission, which lies inside its tool",
                "back-off between attempts; in newer versions attempts that failed, and compactions",
                "queue",
            ),
        )

    @property
    def companions(self) -> tuple[str, ...]:
        """What lies beside it in the folder of a task."""
        return (
            "*.compaction.json",
            "api_conversation_history.json",
            "context_history.json",
            "history_item.json",
            "task_metadata.json",
        )

    def sniff(self, head: Head) -> bool:
        """Whether it is a list of things asked and said, or a session of newer versions."""
        found = head.document
        if isinstance(found, list):
            return any(_is_message(item) for item in found[:4])
        return isinstance(found, dict) and (is_session(found) or is_manifest(found))

    def read(self, source: Source, recorder: Recorder) -> None:
        """Everything of one task, or of one file of a session."""
        from agenttrace.ingest.formats.cline.reading import read_file  # noqa: PLC0415

        read_file(source, recorder)


def _is_message(item: Any) -> bool:
    if not isinstance(item, Mapping) or not isinstance(item.get("ts"), (int, float)):
        return False
    kind = item.get("type")
    return isinstance(kind, str) and kind in _TYPES and isinstance(item.get(kind), str)


def is_session(found: Mapping[str, Any]) -> bool:
    """The messages of a session, as newer versions keep them."""
    told = isinstance(found.get("sessionId"), str) and found.get("agent") in _ROLES
    messages = found.get("messages")
    return told and isinstance(messages, list) and all(map(_has_role, messages[:2]))


def is_manifest(found: Mapping[str, Any]) -> bool:
    """What such a session is, which stands beside its messages."""
    return found.keys() >= _MANIFEST and isinstance(found["session_id"], str)


def _has_role(item: Any) -> bool:
    return isinstance(item, Mapping) and item.get("role") in ("user", "assistant")
