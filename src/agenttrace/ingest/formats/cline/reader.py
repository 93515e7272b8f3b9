"""The format: `ui_messages.json` of a task, with the files that lie beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest.facts import FormatFacts
from agenttrace.ingest.formats.cline.beside import read_beside
from agenttrace.ingest.formats.cline.messages import read_message
from agenttrace.ingest.formats.cline.task import write_task
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_values import read_document
from agenttrace.ingest.record_fields import FieldReader, listed
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Severity

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
        document, reader = read_document(source, recorder), FieldReader(recorder)
        items = listed(document)
        if items is None:
            recorder.finding("not_an_object", Severity.WARNING, "no list of messages", line=1)
            return
        recorder.records = max(len(items), 1)
        messages = []
        for line, item in enumerate(items, 1):
            message = read_message(reader, item, line) if isinstance(item, dict) else None
            if message is not None:
                messages.append(message)
            else:
                what = "no message that was asked or said at a time: left out"
                recorder.finding("record_unusable", Severity.WARNING, what, line=line)
        if messages:
            write_task(reader, messages, read_beside(source))


def _is_message(item: Any) -> bool:
    if not isinstance(item, Mapping) or not isinstance(item.get("ts"), (int, float)):
        return False
    kind = item.get("type")
    return isinstance(kind, str) and kind in _TYPES and isinstance(item.get(kind), str)
