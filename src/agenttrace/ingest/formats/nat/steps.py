"""One intermediate step, checked: what starts, goes on or ends with it, and when.

Facts of the format: `IntermediateStep`, `IntermediateStepPayload` and `IntermediateStepManager` of NVIDIA NeMo Agent
Toolkit. `parent_id` is the step that was open when this one started, and "root" for the first one; releases that lack
it name the function that was running, whose own step has that id.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agenttrace.ingest import fields

STEPS = "intermediate_steps"
"""Where an entry of a file holds its steps."""

ROOT = "root"
LLM, TOOL, WORKFLOW, FUNCTION = "LLM", "TOOL", "WORKFLOW", "FUNCTION"
CATEGORIES = frozenset({LLM, TOOL, WORKFLOW, FUNCTION, "TASK", "CUSTOM", "SPAN", "TTC"})
START, CHUNK, END = "START", "CHUNK", "END"
_STATES = {"START": START, "END": END, "NEW_TOKEN": CHUNK, "CHUNK": CHUNK}


@dataclass(frozen=True, slots=True)
class Step:
    """A step. `payload` is for what only some of them have."""

    line: int
    category: str
    state: str
    uuid: str
    parent: str | None
    t_ns: int | None
    began_ns: int | None
    name: str | None
    payload: dict[str, Any]

    def part(self, name: str) -> dict[str, Any]:
        """`data`, `metadata` or `usage_info`; empty where it is no object."""
        return _object(self.payload.get(name))


def kind_of(event_type: Any) -> tuple[str, str] | None:
    """(category, state) of an event type, TOOL_START for example; None where it is not known."""
    if not isinstance(event_type, str):
        return None
    category, _, state = event_type.rpartition(".")[2].partition("_")
    return (category, _STATES[state]) if category in CATEGORIES and state in _STATES else None


def step_of(record: Any, line: int) -> Step | None:
    """The step; None where it has no id, or its type is not known."""
    payload = _object(record.get("payload")) if isinstance(record, dict) else {}
    kind, uuid = kind_of(payload.get("event_type")), fields.text(payload.get("UUID"))
    if kind is None or uuid is None:
        return None
    return Step(
        line=line,
        category=kind[0],
        state=kind[1],
        uuid=uuid,
        parent=_parent(record, uuid),
        t_ns=_instant(payload.get("event_timestamp")),
        began_ns=_instant(payload.get("span_event_timestamp")) if kind[1] == END else None,
        name=fields.text(payload.get("name")),
        payload=payload,
    )


def _parent(record: dict[str, Any], uuid: str) -> str | None:
    ancestry = _object(record.get("function_ancestry"))
    functions = ancestry.get("function_id"), ancestry.get("parent_id")
    named = (record["parent_id"],) if "parent_id" in record else functions
    known = (fields.text(name) for name in named)
    return next((name for name in known if name not in (None, ROOT, uuid)), None)


def _instant(value: Any) -> int | None:
    found = fields.instant_from_s(value)
    return found if found is not None else fields.instant_from_iso(value)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
