"""Events of the newer SDK, each with the name of its class in `kind`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.openhands.events import Event, Kind, Outcome
from agenttrace.ingest.record_fields import FieldReader

_RESULTS = {
    "ObservationEvent": Outcome.FINE,
    "AgentErrorEvent": Outcome.FAILED,
    "UserRejectObservation": Outcome.REJECTED,
}


def read_event(reader: FieldReader, record: Mapping[str, Any], line: int) -> Event:
    """The event in a record with `kind`. Kinds that say nothing of time spent are notes."""
    take = partial(reader.take, record, line=line)
    known: dict[str, Any] = {
        "line": line,
        "key": take("id", fields.text) or f"line:{line}",
        "local_ns": take("timestamp", fields.instant_from_iso),
        "call_id": take("tool_call_id", fields.text),
        "response_id": take("llm_response_id", fields.text),
    }
    kind = str(record.get("kind"))
    if kind == "MessageEvent":
        known |= {"kind": Kind.USER, "said": _said(record)} if record["source"] == "user" else {}
        known.setdefault("kind", Kind.STEP if record["source"] == "agent" else Kind.NOTE)
    elif kind == "ActionEvent":
        known |= {"kind": Kind.STEP, "tool": take("tool_name", fields.text) or "unknown", "parallel": True}
    elif kind in _RESULTS:
        known |= {"kind": Kind.RESULT, "cause": take("action_id", fields.text), "outcome": _RESULTS[kind]}
        known["outcome"] = _with_own_error(record, known["outcome"])
    elif kind == "Condensation":
        known |= {"kind": Kind.CONDENSED, "summarised": bool(record.get("summary"))}
    elif kind == "ConversationErrorEvent":
        known |= {"kind": Kind.ERROR}
    else:
        known |= {"kind": Kind.NOTE}
    return Event(**known)


def _with_own_error(record: Mapping[str, Any], outcome: Outcome) -> Outcome:
    observation = record.get("observation")
    failed = isinstance(observation, dict) and observation.get("is_error") is True
    return Outcome.FAILED if failed else outcome


def _said(record: Mapping[str, Any]) -> str | None:
    message = record.get("llm_message")
    content = message.get("content") if isinstance(message, dict) else None
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return "".join(text for text in texts if isinstance(text, str)) or None
