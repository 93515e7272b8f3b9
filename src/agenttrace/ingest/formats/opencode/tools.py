"""Tool parts as spans: from the call, which is run at once while the answer may still stream, to its result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.opencode.sessions import session_key
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.model.vocabulary import Evidence, Purpose, Severity, SpanKind, Status

_STATUS = {"completed": Status.OK, "error": Status.ERROR}
_ABORTED = "Tool execution aborted"


def tool_key(part: Mapping[str, Any]) -> str:
    """The span key of a tool part."""
    return f"part:{part.get('id')}"


def tool_bounds(part: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """When it was called and when it returned; one that was stopped has only the time of that, as its end."""
    state = part.get("state")
    times = state.get("time") if isinstance(state, dict) else None
    if not isinstance(times, dict) or not isinstance(state, dict):
        return None, None
    start, end = fields.instant_from_ms(times.get("start")), fields.instant_from_ms(times.get("end"))
    if state.get("error") == _ABORTED and start == end:
        return None, end
    return start, end


def write_tool(reader: FieldReader, part: Mapping[str, Any], parent_key: str | None, line: int) -> None:
    """One tool part, and the session of the subagent that it ran."""
    session_id = str(part["sessionID"]) if isinstance(part.get("sessionID"), str) else "unknown"
    key, (start_ns, end_ns) = tool_key(part), tool_bounds(part)
    state = reader.inner(part, "state", line)
    if start_ns is not None and end_ns is not None and end_ns < start_ns:
        what = "a tool that returned before its call: taken as of no length"
        reader.recorder.finding("negative_duration", Severity.WARNING, what, line=line)
        end_ns = start_ns
    reader.recorder.span(
        session_key=session_key(session_id),
        span_key=key,
        parent_key=parent_key,
        agent_key=session_id,
        line=line,
        kind=SpanKind.TOOL,
        purpose=Purpose.TURN,
        name=reader.take(part, "tool", fields.text, line),
        call_id=reader.take(part, "callID", fields.text, line),
        start_ns=start_ns,
        end_ns=end_ns,
        start_evidence=Evidence.UNKNOWN if start_ns is None else Evidence.MEASURED,
        end_evidence=Evidence.UNKNOWN if end_ns is None else Evidence.MEASURED,
        status=Status.CANCELLED if state.get("error") == _ABORTED else _status(state),
    )
    _spawn(reader, state, session_id, key, line)


def _status(state: Mapping[str, Any]) -> Status:
    return _STATUS.get(str(state.get("status")), Status.UNFINISHED)


def _spawn(reader: FieldReader, state: Mapping[str, Any], session_id: str, key: str, line: int) -> None:
    """The `task` tool keeps the id of the session that it ran."""
    child = reader.take(reader.inner(state, "metadata", line), "sessionId", fields.text, line)
    if child is None or not child.startswith("ses_") or child == session_id:
        return
    reader.recorder.same_session(session_key(session_id), session_key(child))
    reader.recorder.agent(
        session_key=session_key(session_id),
        agent_key=child,
        parent_agent_key=session_id,
        main=False,
        source_id=child,
        spawn_key=key,
    )
