"""Events of the event stream (and of trajectories), each an action or an observation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.openhands.events import Event, Kind, Outcome
from agenttrace.ingest.record_fields import FieldReader

_OF_THE_PROGRAM = frozenset(
    {
        "change_agent_state", "condensation_request", "loop_recovery", "null", "pause", "recall", "resume",
        "start", "stop", "system",
    }
)  # fmt: skip
_SAID = frozenset({"finish", "message", "reject"})
_STATES = "agent_state_changed"


def read_event(reader: FieldReader, record: Mapping[str, Any], line: int) -> Event:
    """The event in a record with `action` or `observation`."""
    take = partial(reader.take, record, line=line)
    number = take("id", fields.small_count)
    known: dict[str, Any] = {
        "line": line,
        "key": str(number) if number is not None else f"line:{line}",
        "local_ns": take("timestamp", fields.instant_from_iso),
    }
    action, source = take("action", fields.text), record.get("source")
    if action is not None:
        known |= _action(reader, record, line, action, source)
    else:
        known |= _observation(reader, record, line)
    return Event(**known)


def _action(
    reader: FieldReader, record: Mapping[str, Any], line: int, action: str, source: Any
) -> dict[str, Any]:
    arguments = reader.inner(record, "args", line)
    if source == "user" and action == "message":
        return {"kind": Kind.USER, "said": fields.text(arguments.get("content"))}
    if action == "condensation":
        return {"kind": Kind.CONDENSED, "summarised": bool(arguments.get("summary"))}
    if source != "agent" or action in _OF_THE_PROGRAM:
        return {"kind": Kind.NOTE}
    return {
        "kind": Kind.STEP,
        "tool": None if action in _SAID else action,
        "agent": fields.text(arguments.get("agent")) if action == "delegate" else None,
        **_response(reader, record, line),
    }


def _response(reader: FieldReader, record: Mapping[str, Any], line: int) -> dict[str, Any]:
    """What is kept of the answer that an action comes from."""
    call = reader.inner(record, "tool_call_metadata", line)
    response = reader.inner(call, "model_response", line)
    metrics = reader.inner(record, "llm_metrics", line)
    return {
        "response_id": reader.take(response, "id", fields.text, line),
        "model": reader.take(response, "model", fields.text, line),
        "created_s": reader.take(response, "created", fields.small_count, line),
        "usage": reader.inner(response, "usage", line),
        "call_id": reader.take(call, "tool_call_id", fields.text, line),
        "total": reader.inner(metrics, "accumulated_token_usage", line),
    }


def _observation(reader: FieldReader, record: Mapping[str, Any], line: int) -> dict[str, Any]:
    observation = reader.take(record, "observation", fields.text, line)
    extras = reader.inner(record, "extras", line)
    cause = reader.take(record, "cause", fields.small_count, line)
    if observation == _STATES:
        return {"kind": Kind.STATE, "state": fields.text(extras.get("agent_state"))}
    if observation == "delegate":
        return {"kind": Kind.DELEGATE_END}
    if observation == "recall":
        return {"kind": Kind.READY}
    if observation == "error" and cause is None:
        return {"kind": Kind.ERROR}
    if observation in {None, "null"} or cause is None:
        return {"kind": Kind.NOTE}
    return {"kind": Kind.RESULT, "cause": str(cause), "outcome": _outcome(observation, record, extras)}


def _outcome(observation: str, record: Mapping[str, Any], extras: Mapping[str, Any]) -> Outcome:
    if observation == "user_rejected":
        return Outcome.REJECTED
    metadata = extras.get("metadata")
    code = metadata.get("exit_code") if isinstance(metadata, dict) else extras.get("exit_code")
    failed = record.get("success") is False or (isinstance(code, int) and code not in {0, -1})
    return Outcome.FAILED if failed or observation == "error" else Outcome.FINE
