"""Ids of tool calls in messages, in the forms that model APIs and frameworks give them.

Ids only: whatever else messages hold is neither looked at nor kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.json_text import parsed

_NODES = 100_000
_CALLS = frozenset(
    {"tool_use", "tool_call", "tool-call", "function_call", "custom_tool_call", "mcp_call", "computer_call"}
)
_RESULTS = {
    "function_call_output": "call_id",
    "custom_tool_call_output": "call_id",
    "computer_call_output": "call_id",
    "tool_result": "tool_use_id",
    "tool-result": "toolCallId",
    "tool_call_response": "id",
}
"""Types of parts that carry the result of a call, and the field that names the call."""


def asked(answer: Any) -> list[str]:
    """The calls that a model's answer asks for, each once."""
    found: list[Any] = []
    for node in _objects(answer):
        kind = node.get("type")
        if isinstance(kind, str) and kind in _CALLS:
            found.append(node.get("call_id") or node.get("id") or node.get("toolCallId"))
        elif "toolCallId" in node and kind != "tool-result":
            found.append(node["toolCallId"])
        calls = node.get("tool_calls")
        if isinstance(calls, list):
            found += [call.get("id") for call in calls if isinstance(call, dict)]
    return _texts(found)


def answered(prompt: Any) -> list[str]:
    """The calls whose results stand in a prompt, each once."""
    found: list[Any] = []
    for node in _objects(prompt):
        found.append(node.get("tool_call_id"))
        kind = node.get("type")
        if isinstance(kind, str) and kind in _RESULTS:
            found.append(node.get(_RESULTS[kind]))
    return _texts(found)


def result_of(outcome: Any) -> str | None:
    """The call that one tool message, as a tool returns it, is the result of; None for anything else."""
    value = _value(outcome)
    for name in ("output", "kwargs"):
        if isinstance(value, dict) and isinstance(value.get(name), dict):
            value = value[name]
    return fields.text(value.get("tool_call_id")) if isinstance(value, dict) else None


def call_attributes(asks: list[str], has: list[str]) -> dict[str, str]:
    """The calls that a request asks for, and those whose results it has, as attributes of its span."""
    emitted = {f"llm.output_messages.0.message.tool_calls.{n}.tool_call.id": c for n, c in enumerate(asks)}
    consumed = {f"llm.input_messages.{n}.message.tool_call_id": call for n, call in enumerate(has)}
    return emitted | consumed


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a value, without recursion and no more than a limit."""
    waiting = [_value(value)]
    for _ in range(_NODES):
        if not waiting:
            return
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += [child for child in node.values() if isinstance(child, dict | list)]
        elif isinstance(node, list):
            waiting += [child for child in node if isinstance(child, dict | list)]


def _value(value: Any) -> Any:
    """Messages that come as JSON in a text."""
    if isinstance(value, str):
        return parsed(value.encode(errors="replace")) if value[:1] in ("{", "[") else None
    return value


def _texts(found: list[Any]) -> list[str]:
    texts = (fields.text(each) for each in found)
    return list(dict.fromkeys(each for each in texts if each is not None))
