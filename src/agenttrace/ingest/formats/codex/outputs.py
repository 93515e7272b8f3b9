"""What the result of a tool states of its length and its end, in the first lines of its text or beside it.

exec_command     `Wall time: 0.2341 seconds`, `Process exited with code 0` among the first lines
scripts (exec)   `Script completed`, `Wall time 6.4 seconds`
early shells     `{"output": ..., "metadata": {"exit_code": 0, "duration_seconds": 0.2}}`
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from agenttrace.ingest import fields
from agenttrace.model.vocabulary import Status

_HEADER = 400
_LENGTH = re.compile(r"(?m)^Wall time:? (\d+(?:\.\d+)?) seconds\r?$")
_CODE = re.compile(r"(?m)^(?:Exit code:|Process exited with code) (-?\d+)\r?$")
_BEGINNING = re.compile(r"(?:[^\n]{0,120}\n){0,5}?Output:\r?(?:\n|$)")
_METADATA = re.compile(r'"metadata"\s*:\s*(\{[^{}]*\})\s*\}\s*$')
_FAILURES = ("Script failed", "execution error", "unsupported call", "failed to parse")
_STOPPED = "aborted by user"


class Outcome(NamedTuple):
    """How a tool ended, and how long it says that it ran."""

    status: Status
    length_ns: int | None = None


def read_outcome(body: dict[str, Any]) -> Outcome:
    """Of the payload of a result."""
    text = _text(body.get("output"))
    header = _BEGINNING.match(text[:_HEADER])
    said = header.group() if header else text[:_HEADER] if text.startswith("Exit code:") else ""
    metadata = _metadata(text)
    length, code = _LENGTH.search(said), _CODE.search(said)
    length_ns = fields.duration_from_s(length[1] if length else metadata.get("duration_seconds"))
    exit_code = fields.integer(code[1] if code else metadata.get("exit_code"))
    return Outcome(_status(body, text, exit_code), length_ns)


def _status(body: dict[str, Any], text: str, exit_code: int | None) -> Status:
    if text.startswith(_STOPPED):
        return Status.CANCELLED
    failed = body.get("status") in ("failed", "error") or body.get("success") is False
    return Status.ERROR if failed or exit_code or text.startswith(_FAILURES) else Status.OK


def _text(output: Any) -> str:
    """The text, or the first of several."""
    if isinstance(output, dict):
        output = output.get("content") or output.get("output")
    if isinstance(output, list):
        output = next((part.get("text") for part in output if isinstance(part, dict)), None)
    return output if isinstance(output, str) else ""


def _metadata(text: str) -> dict[str, Any]:
    found = _METADATA.search(text[-_HEADER:]) if text.startswith("{") else None
    try:
        value = json.loads(found[1]) if found else None
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def finished_agents(text: Any) -> list[str]:
    """The threads that a wait found finished: `{"status": {ID: {"completed": ...}}}`."""
    try:
        value = json.loads(_text(text)) if _text(text).startswith("{") else None
    except (ValueError, RecursionError):
        return []
    return finished_threads(value.get("status")) if isinstance(value, dict) else []


def finished_threads(statuses: Any) -> list[str]:
    """Those of a map from thread to status that are done, well or badly."""
    if not isinstance(statuses, dict):
        return []
    return [name for name, status in statuses.items() if _is_final(status)]


def _is_final(status: Any) -> bool:
    words = status if isinstance(status, dict) else {status: None} if isinstance(status, str) else {}
    return bool({"completed", "errored", "shutdown"} & words.keys())


def spawned_agent(output: Any) -> tuple[str | None, str | None]:
    """The thread, and the name, that the result of a spawning call tells."""
    try:
        value = json.loads(_text(output)) if _text(output).startswith("{") else None
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(value, dict):
        return None, None
    return fields.text(value.get("agent_id")), fields.text(value.get("nickname") or value.get("task_name"))
