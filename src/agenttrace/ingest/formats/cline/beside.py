"""What the other files of a task's folder add: when answers were complete, and whose subtask it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.json_text import parsed
from agenttrace.ingest.source import Source


@dataclass(frozen=True, slots=True)
class Beside:
    """`answered_ns`: when the model's answers were stored, which is when they were complete; in order."""

    answered_ns: tuple[int, ...] = ()
    task_id: str | None = None
    parent_id: str | None = None


def read_beside(source: Source) -> Beside:
    """What can be read of it; nothing where the task came without its folder."""
    history = _value(source, "api_conversation_history.json")
    answers = (
        fields.instant_from_ms(item.get("ts"))
        for item in (history if isinstance(history, list) else [])
        if isinstance(item, dict) and item.get("role") == "assistant"
    )
    item = _value(source, "history_item.json")
    known = item if isinstance(item, dict) else {}
    return Beside(
        answered_ns=tuple(sorted(t_ns for t_ns in answers if t_ns is not None)),
        task_id=fields.text(known.get("id")),
        parent_id=fields.text(known.get("parentTaskId")),
    )


def _value(source: Source, name: str) -> Any:
    content = source.sibling(name)
    return parsed(content) if content else None
