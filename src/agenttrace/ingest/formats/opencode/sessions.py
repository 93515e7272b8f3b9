"""Sessions: one with a parent is that of a subagent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.model.vocabulary import Severity


def session_key(session_id: str) -> str:
    """The key of a session; that of its agent is the bare id."""
    return f"opencode:{session_id}"


def write_session(reader: FieldReader, info: Mapping[str, Any]) -> None:
    """What its own record says."""
    session_id = reader.take(info, "id", fields.text, 1)
    if session_id is None:
        what = "a session without an id"
        reader.recorder.finding("session_without_id", Severity.WARNING, what, line=1)
        return
    parent = reader.take(info, "parentID", fields.text, 1)
    key = session_key(session_id)
    reader.recorder.session(session_key=key, source_id=session_id)
    reader.recorder.agent(
        session_key=key,
        agent_key=session_id,
        parent_agent_key=parent,
        main=parent is None,
        source_id=session_id,
    )
    if parent is not None:
        reader.recorder.same_session(key, session_key(parent))
