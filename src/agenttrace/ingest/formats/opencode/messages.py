"""Messages: a user's opens an interaction, an assistant's holds one step of the agent, or several.

A message of the assistant is created just before its request is sent, and completed when the tools of its
answer have returned, too. Text and reasoning have the times of their blocks; early versions state the end of a
text as its start, too. Tools run as soon as their call is complete. (session/processor.ts)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.opencode.copies import is_copy
from agenttrace.ingest.formats.opencode.sessions import session_key
from agenttrace.ingest.formats.opencode.steps import Step, split_steps, write_steps
from agenttrace.ingest.formats.opencode.turns import Turns
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.model.vocabulary import Evidence, Phase, Purpose, Severity, SpanKind

Parts = Sequence[Mapping[str, Any]]


def write_message(
    reader: FieldReader, info: Mapping[str, Any], parts: Parts, line: int, turns: Turns | None = None
) -> None:
    """One message with its parts, in their order. `turns`: those of its source, if messages come in their order."""
    turns = Turns() if turns is None else turns
    created_ns = reader.take(reader.inner(info, "time", line), "created", fields.instant_from_ms, line)
    if is_copy(str(info["id"]), created_ns):
        what = "a message that a fork copied from another session: left out"
        reader.recorder.finding("copied_history", Severity.INFO, what, line=line)
        return
    role = reader.take(info, "role", fields.text, line)
    if role == "user":
        _write_prompt(reader, info, parts, line, turns)
    elif role == "assistant":
        _write_answer(reader, info, parts, line, turns)
    else:
        what = "a message of neither user nor assistant"
        reader.recorder.finding("unknown_record", Severity.WARNING, what, line=line)


def _write_prompt(
    reader: FieldReader, info: Mapping[str, Any], parts: Parts, line: int, turns: Turns
) -> None:
    """What the answers to it hang in. The program itself asks for compactions, and to go on after them."""
    asked_by_itself = bool(parts) and all(
        part.get("type") == "compaction" or part.get("synthetic") is True for part in parts
    )
    session_id, message_id = str(info["sessionID"]), str(info["id"])
    t_ns = reader.take(reader.inner(info, "time", line), "created", fields.instant_from_ms, line)
    opened = turns.ask(session_id, message_id, t_ns)
    evidence = Evidence.UNKNOWN if t_ns is None else Evidence.MEASURED
    reader.recorder.span(
        session_key=session_key(session_id),
        span_key=message_id,
        parent_key=opened,
        agent_key=session_id,
        line=line,
        kind=SpanKind.OTHER if asked_by_itself or opened is not None else SpanKind.INTERACTION,
        own_phase=Phase.HARNESS if asked_by_itself else None,
        purpose=Purpose.TURN,
        name="prompt",
        start_ns=t_ns,
        end_ns=None if opened is None else t_ns,
        start_evidence=evidence,
        end_evidence=Evidence.UNKNOWN if opened is None else evidence,
    )


def _write_answer(
    reader: FieldReader, info: Mapping[str, Any], parts: Parts, line: int, turns: Turns
) -> None:
    times = reader.inner(info, "time", line)
    agent = reader.take(info, "agent", fields.text, line) or reader.take(info, "mode", fields.text, line)
    compacting = info.get("summary") is True or agent == "compaction"
    session_id = str(info["sessionID"])
    if agent is not None and not compacting:
        reader.recorder.agent(session_key=session_key(session_id), agent_key=session_id, name=agent)
    steps = split_steps(reader, parts, line)
    ends = reader.take(times, "completed", fields.instant_from_ms, line)
    first = Step(
        created_ns=reader.take(times, "created", fields.instant_from_ms, line),
        completed_ns=ends,
        parent_key=turns.asked(session_id, reader.take(info, "parentID", fields.text, line)),
        compacting=compacting,
    )
    write_steps(reader, info, steps, first, line)
    turns.work(session_id, ends)
