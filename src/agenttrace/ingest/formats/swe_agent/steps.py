"""Steps one after the other: a request of unknown length, then its command for as long as it ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.cause import link_call, link_results
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.model.vocabulary import Evidence, Purpose, Severity, SpanKind, Status, Trigger

BEGINNING_NS = 10**9
"""Where sessions without a clock are laid: the first second of 1970, which no real one can be in."""

_COMMANDS = frozenset(
    {
        "create", "edit", "exit_forfeit", "find_file", "goto", "insert", "open", "scroll_down", "scroll_up",
        "search_dir", "search_file", "str_replace_editor", "submit", "undo_edit", "view_image",
    }
)  # fmt: skip
"""Tools of its own; whatever else an action begins with is a command of the shell."""


def write_steps(
    reader: FieldReader, session_key: str, steps: Sequence[tuple[int, Mapping[str, Any]]]
) -> None:
    """A request and a tool for each step, with its number, laid end to end."""
    t_ns, before = BEGINNING_NS, None
    lane = "main"
    reader.recorder.agent(session_key=session_key, agent_key=lane, main=True)
    for number, step in steps:
        key = f"step:{number}"
        reader.recorder.span(
            session_key=session_key,
            span_key=key,
            agent_key=lane,
            line=number,
            kind=SpanKind.REQUEST,
            purpose=Purpose.TURN,
            start_ns=t_ns,
            end_ns=t_ns,
            start_evidence=Evidence.ESTIMATED,
            end_evidence=Evidence.ESTIMATED,
            trigger=_trigger(number, before),
        )
        if before is not None:
            link_results(reader.recorder, session_key, (before,), key, "order of steps")
        length_ns = reader.take(step, "execution_time", fields.duration_from_s, number)
        action = fields.text(step.get("action"))
        before = None
        if action is not None:
            before = f"action:{number}"
            _write_tool(reader, (session_key, lane), number, (t_ns, length_ns), _name(action))
            link_call(reader.recorder, session_key, key, before, "order of steps")
        t_ns += length_ns or 0
    what = "requests have no times: sessions are as long as their tools together, at no date"
    reader.recorder.finding("no_clock", Severity.WARNING, what)


def _write_tool(
    reader: FieldReader, place: tuple[str, str], number: int, when: tuple[int, int | None], name: str
) -> None:
    (session_key, lane), (start_ns, length_ns) = place, when
    reader.recorder.span(
        session_key=session_key,
        span_key=f"action:{number}",
        agent_key=lane,
        line=number,
        kind=SpanKind.TOOL,
        purpose=Purpose.TURN,
        name=name,
        start_ns=start_ns,
        end_ns=None if length_ns is None else start_ns + length_ns,
        start_evidence=Evidence.MEASURED,
        end_evidence=Evidence.UNKNOWN if length_ns is None else Evidence.MEASURED,
        status=Status.UNFINISHED if length_ns is None else Status.OK,
    )


def _trigger(number: int, before: str | None) -> Trigger:
    if before is not None:
        return Trigger.TOOL_RESULT
    return Trigger.USER_MESSAGE if number == 1 else Trigger.OTHER


def _name(action: str) -> str:
    """The tool's name; a shell command may say anything, and its words stay inside."""
    words = action.split(maxsplit=1)
    return words[0] if words and words[0] in _COMMANDS else "bash"
