"""One message to the user: its kind, and what the program wrote into its text.

A message's time is that of its creation: of an announced request before its details are gathered, of text or
of a tool when its first piece came out of the stream. What became known later (tokens, a cancellation) was
written into the text of the request's announcement, whose time stays. (Task.ts of Roo Code)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.json_text import parsed
from agenttrace.ingest.record_fields import FieldReader


class Kind(IntEnum):
    """What a message means for the flow of a task."""

    NOTE = 0
    REQUEST = 1
    OUTPUT = 2
    TOOL = 3
    QUESTION = 4
    REPLY = 5
    RETRY_DELAYED = 6
    FAILED = 7
    RETRIED = 8
    RATE_LIMIT = 9
    CONDENSED = 10
    SUBTASK_RESULT = 11


_SAYS = {
    "api_req_started": Kind.REQUEST,
    "api_req_retried": Kind.RETRIED,
    "api_req_retry_delayed": Kind.RETRY_DELAYED,
    "api_req_rate_limit_wait": Kind.RATE_LIMIT,
    "browser_action": Kind.TOOL,
    "browser_action_launch": Kind.TOOL,
    "command": Kind.TOOL,
    "completion_result": Kind.OUTPUT,
    "condense_context": Kind.CONDENSED,
    "error_retry": Kind.RETRY_DELAYED,
    "mcp_server_request_started": Kind.TOOL,
    "reasoning": Kind.OUTPUT,
    "subtask_result": Kind.SUBTASK_RESULT,
    "task": Kind.REPLY,
    "text": Kind.OUTPUT,
    "tool": Kind.TOOL,
    "use_mcp_server": Kind.TOOL,
    "use_subagents": Kind.TOOL,
    "user_feedback": Kind.REPLY,
    "user_feedback_diff": Kind.REPLY,
}
_ASKS = {
    "act_mode_respond": Kind.OUTPUT,
    "api_req_failed": Kind.FAILED,
    "browser_action_launch": Kind.TOOL,
    "command": Kind.TOOL,
    "completion_result": Kind.QUESTION,
    "followup": Kind.QUESTION,
    "mistake_limit_reached": Kind.QUESTION,
    "new_task": Kind.QUESTION,
    "plan_mode_respond": Kind.QUESTION,
    "resume_completed_task": Kind.QUESTION,
    "resume_task": Kind.QUESTION,
    "tool": Kind.TOOL,
    "use_mcp_server": Kind.TOOL,
    "use_subagents": Kind.TOOL,
}
_TELLING = frozenset({Kind.REQUEST, Kind.TOOL, Kind.RETRY_DELAYED})
"""Whose texts are JSON."""
_OF_THE_MODEL = frozenset({"completion_result", "followup", "new_task", "plan_mode_respond"})
_TOOLS = {"command": "execute_command", "browser_action_launch": "browser_action"}


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `shown`: it came out of the model's stream. `told`: what its text says, where that is JSON."""

    line: int
    t_ns: int
    kind: Kind
    shown: bool = False
    tool: str | None = None
    model: str | None = None
    text: str | None = None
    told: Mapping[str, Any] = field(default_factory=dict)


def read_message(reader: FieldReader, record: Mapping[str, Any], line: int) -> Message | None:
    """The message in a record; None where it has no time, or is neither asked nor said."""
    t_ns = reader.take(record, "ts", fields.instant_from_ms, line)
    kind = reader.take(record, "type", fields.text, line)
    if t_ns is None or kind not in {"ask", "say"}:
        return None
    name = reader.take(record, str(kind), fields.text, line) or ""
    meaning = (_ASKS if kind == "ask" else _SAYS).get(name, Kind.NOTE)
    text = fields.text(record.get("text"))
    told = _told(text, meaning)
    if meaning is Kind.RETRY_DELAYED and told.get("failed") is True:
        meaning = Kind.NOTE  # no retry is left: the user is asked about that one
    if meaning is Kind.CONDENSED:
        told = reader.inner(record, "contextCondense", line)
    model = reader.inner(record, "modelInfo", line)
    return Message(
        line=line,
        t_ns=t_ns,
        kind=meaning,
        shown=meaning in {Kind.OUTPUT, Kind.TOOL} or (meaning is Kind.QUESTION and name in _OF_THE_MODEL),
        tool=_tool(name, told) if meaning is Kind.TOOL else None,
        model=reader.take(model, "modelId", fields.text, line),
        text=text,
        told=told,
    )


def _told(text: str | None, kind: Kind) -> Mapping[str, Any]:
    if text is None or kind not in _TELLING or not text.startswith("{"):
        return {}
    found = parsed(text.encode(errors="replace"))
    return found if isinstance(found, dict) else {}


def _tool(name: str, told: Mapping[str, Any]) -> str:
    """The tool's own name where the text gives it."""
    key = "tool" if name == "tool" else "toolName"
    return fields.text(told.get(key)) or _TOOLS.get(name, name)
