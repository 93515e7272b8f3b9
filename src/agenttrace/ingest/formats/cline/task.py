"""Rows of a task: its messages one after the other, each closing what the one before it left open."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from agenttrace.ingest import fields
from agenttrace.ingest.cause import Cause
from agenttrace.ingest.formats.cline.beside import Beside
from agenttrace.ingest.formats.cline.messages import Kind, Message
from agenttrace.ingest.formats.cline.requests import Requests
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Evidence, Phase, Purpose, SpanKind


def write_task(reader: FieldReader, messages: Sequence[Message], beside: Beside) -> None:
    """All rows. A task is known by the time of its first message, which no other one shares."""
    session_key = f"cline:{messages[0].t_ns // 10**6}"
    lane = f"task:{beside.task_id}" if beside.task_id else "main"
    reader.recorder.agent(
        session_key=session_key,
        agent_key=lane,
        parent_agent_key=f"task:{beside.parent_id}" if beside.parent_id else None,
        main=beside.parent_id is None,
        source_id=beside.task_id,
    )
    reader.recorder.session(
        session_key=session_key, source_id=beside.task_id, first_prompt_fingerprint=_fingerprint(messages[0])
    )
    for task_id in (beside.task_id, beside.parent_id):
        if task_id is not None:
            reader.recorder.same_session(session_key, f"cline-task:{task_id}")
    rows = _Rows(reader.recorder, Requests(reader, session_key, lane, beside.answered_ns))
    rows.take_first(messages[0])
    for message in messages[1:]:
        rows.take(message)
    rows.requests.close(None)


def _fingerprint(message: Message) -> str | None:
    if message.text is None or message.kind not in {Kind.OUTPUT, Kind.REPLY}:
        return None
    return hashlib.sha256(message.text.encode(errors="replace")).hexdigest()


@dataclass(slots=True)
class _Rows:
    recorder: Recorder
    requests: Requests
    limited: Message | None = None
    before_ns: int | None = None
    cause: Cause = field(init=False)

    def __post_init__(self) -> None:
        self.cause = self.requests.cause

    def take_first(self, message: Message) -> None:
        """The task itself stands first, as something said."""
        if message.kind in {Kind.OUTPUT, Kind.REPLY, Kind.NOTE}:
            self.cause.ask(message.t_ns)
            self.before_ns = message.t_ns
        else:
            self.take(message)

    def take(self, message: Message) -> None:
        """One message, in its order."""
        if message.kind is Kind.REQUEST:
            self._end_limit(message)
            self.requests.begin(message)
        elif message.kind is Kind.REPLY:
            self.requests.close_tool(message.t_ns)
            self.cause.ask(message.t_ns)
        elif message.kind is Kind.QUESTION:
            self.requests.close_tool(message.t_ns)
            if message.shown:
                self.requests.show(message)
            self.requests.question = True
        elif message.kind is Kind.RATE_LIMIT:
            self.requests.close_tool(message.t_ns)
            self.limited = self.limited or message
        elif message.kind is Kind.CONDENSED:
            self._compaction(message)
        else:
            self.requests.take(message)
        self.before_ns = message.t_ns

    def _end_limit(self, message: Message) -> None:
        """The program waited for a rate limit, and then announced the request."""
        if self.limited is None:
            return
        self.recorder.span(
            session_key=self.requests.session_key,
            span_key=f"rate-limit:{self.limited.t_ns}",
            agent_key=self.requests.lane,
            line=self.limited.line,
            kind=SpanKind.OTHER,
            purpose=Purpose.TURN,
            name="rate limit",
            own_phase=Phase.BACKOFF,
            start_ns=min(self.limited.t_ns, message.t_ns),
            end_ns=message.t_ns,
            start_evidence=Evidence.MEASURED,
            end_evidence=Evidence.BOUNDED,
        )
        self.limited = None

    def _compaction(self, message: Message) -> None:
        """Told of when it was done: it began after what was told before, the request that needed it perhaps."""
        key = f"condense:{message.t_ns}"
        start_ns = self.before_ns
        self.requests.close_tool(message.t_ns if start_ns is None else start_ns)
        self.recorder.span(
            session_key=self.requests.session_key,
            span_key=key,
            agent_key=self.requests.lane,
            line=message.line,
            kind=SpanKind.COMPACTION,
            purpose=Purpose.COMPACTION,
            start_ns=None if start_ns is None else min(start_ns, message.t_ns),
            end_ns=message.t_ns,
            start_evidence=Evidence.UNKNOWN if start_ns is None else Evidence.BOUNDED,
            end_evidence=Evidence.MEASURED,
            tokens_before=fields.count(message.told.get("prevContextTokens")),
            tokens_after=fields.count(message.told.get("newContextTokens")),
        )
        self.requests.condensed(key, message.t_ns)
