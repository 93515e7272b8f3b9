"""A session of opencode 2: its messages in their order, each with its content, and with what it was for told by it.

A user's message opens a turn, and `idle` ends it; what the user adds while it is busy belongs to it. An answer does
not name the message that it answers. (packages/schema/src/session-message.ts, session/message-updater.ts)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from agenttrace.ingest import fields
from agenttrace.ingest.formats.opencode.answers import write_answer
from agenttrace.ingest.formats.opencode.place import Place
from agenttrace.ingest.formats.opencode.sessions import session_key
from agenttrace.ingest.formats.opencode.summaries import write_summary
from agenttrace.ingest.formats.opencode.turns import Turns
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.model.vocabulary import Evidence, Phase, Purpose, Severity, SpanKind, Status

_COPIED = re.compile(r"_.+_\d+$")
"""A fork's copy of a message is named after the fork, with the message's number behind."""

_TIMELESS = frozenset({"agent-switched", "model-switched", "location-switched", "system", "skill"})
"""What was changed, or told the model: nothing is waited for."""

_SHELL = {"running": Status.UNFINISHED, "killed": Status.CANCELLED, "timeout": Status.ERROR}


class Conversation:
    """The messages of one session, taken in their order."""

    def __init__(self, reader: FieldReader, session_id: str, *, forked: bool) -> None:
        """Nothing taken yet. `forked`: it begins with copies of another session's messages."""
        self._reader = reader
        self._session_id = session_id
        self._forked = forked
        self._prompt: dict[str, Any] | None = None
        self._turns = Turns()

    @property
    def _place(self) -> Place:
        parent = None if self._prompt is None else str(self._prompt["span_key"])
        return Place(self._reader, self._session_id, parent)

    def take(self, message: Mapping[str, Any], line: int, updated_ns: int | None = None) -> None:
        """The next message. `updated_ns`: when it was last written."""
        reader = self._reader
        message_id, kind = fields.text(message.get("id")), fields.text(message.get("type"))
        if message_id is None:
            what = "a message without its ids: left out"
            reader.recorder.finding("message_without_id", Severity.WARNING, what, line=line)
        elif self._forked and _COPIED.search(message_id):
            what = "what a fork repeats of the session that it was made from: left out"
            reader.recorder.finding("copied_history", Severity.INFO, what, line=line)
        elif kind == "compaction":
            write_summary(self._place, message, line, updated_ns)
        elif kind in self._TAKERS:
            self._TAKERS[kind](self, message, line)
        elif kind not in _TIMELESS:
            what = "a message of a kind that is not known: left out"
            reader.recorder.finding("unknown_record", Severity.WARNING, what, line=line)

    def finish(self) -> None:
        """No more messages."""
        self._close(None)

    def _created(self, message: Mapping[str, Any], line: int) -> int | None:
        times = self._reader.inner(message, "time", line)
        return self._reader.take(times, "created", fields.instant_from_ms, line)

    def _open(self, message: Mapping[str, Any], line: int, *, asked: bool) -> None:
        self._close(None)
        t_ns = self._created(message, line)
        self._prompt = {
            "session_key": session_key(self._session_id),
            "span_key": str(message["id"]),
            "agent_key": self._session_id,
            "line": line,
            "kind": SpanKind.INTERACTION if asked else SpanKind.OTHER,
            "own_phase": None if asked else Phase.HARNESS,
            "purpose": Purpose.TURN,
            "name": "prompt",
            "start_ns": t_ns,
            "start_evidence": Evidence.UNKNOWN if t_ns is None else Evidence.MEASURED,
        }

    def _close(self, t_ns: int | None) -> None:
        if self._prompt is None:
            return
        start_ns = self._prompt["start_ns"]
        if t_ns is not None and start_ns is not None and t_ns < start_ns:
            t_ns = None
        evidence = Evidence.UNKNOWN if t_ns is None else Evidence.MEASURED
        self._reader.recorder.span(**self._prompt, end_ns=t_ns, end_evidence=evidence)
        self._prompt = None

    def _take_user(self, message: Mapping[str, Any], line: int) -> None:
        t_ns = self._created(message, line)
        if self._turns.ask(self._session_id, str(message["id"]), t_ns) is None or self._prompt is None:
            self._open(message, line, asked=True)
            return
        self._reader.recorder.span(
            **self._place.keys,
            **self._place.bounds(t_ns, t_ns, Evidence.MEASURED, line),
            span_key=str(message["id"]),
            line=line,
            kind=SpanKind.OTHER,
            purpose=Purpose.TURN,
            name="prompt",
        )

    def _take_synthetic(self, message: Mapping[str, Any], line: int) -> None:
        """What the program itself tells the model starts a turn if none is open: work in the background ended."""
        if self._prompt is None:
            self._open(message, line, asked=False)

    def _take_idle(self, message: Mapping[str, Any], line: int) -> None:
        self._close(self._created(message, line))

    def _take_answer(self, message: Mapping[str, Any], line: int) -> None:
        self._turns.work(self._session_id, write_answer(self._place, message, line))

    def _take_shell(self, message: Mapping[str, Any], line: int) -> None:
        """A command of the user, which is a prompt of its own; one in the background is not waited for."""
        times = self._reader.inner(message, "time", line)
        start_ns = self._reader.take(times, "created", fields.instant_from_ms, line)
        end_ns = self._reader.take(times, "completed", fields.instant_from_ms, line)
        alone = self._prompt is None
        if alone:
            self._open(message, line, asked=True)
        background = self._reader.inner(message, "metadata", line).get("background") is True
        self._reader.recorder.span(
            **self._place.keys,
            span_key=f"shell:{message['id']}",
            line=line,
            kind=SpanKind.TOOL,
            purpose=Purpose.TURN,
            name="shell",
            blocking=False if background else None,
            **self._place.bounds(start_ns, end_ns, Evidence.MEASURED, line),
            status=_SHELL.get(str(message.get("status")), Status.OK),
        )
        if alone:
            self._close(end_ns)

    _TAKERS: ClassVar[dict[str, Callable[[Conversation, Mapping[str, Any], int], None]]] = {
        "user": _take_user,
        "synthetic": _take_synthetic,
        "idle": _take_idle,
        "assistant": _take_answer,
        "shell": _take_shell,
    }
