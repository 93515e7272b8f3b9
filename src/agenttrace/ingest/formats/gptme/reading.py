"""Messages in their order, each with the time when it was made.

An answer was made when it was complete, a tool's message when the tool had returned. The messages of tools are
the program's own, between an answer and the next one.
Those before the first answer were made in any order, and none of them after another.
All runnable blocks of an answer are executed one after the other. Newer versions note with an answer how long its
first token and the rest took, and each tool. (message.py, chat.py, tools)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.cause import Cause, link_call, link_results
from agenttrace.ingest.formats.gptme.usage import tokens_of
from agenttrace.ingest.json_values import read_lines
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.model.vocabulary import Evidence, Purpose, Severity, SpanKind, Status

_LANE = "main"
_BY_THE_PROGRAM = "<system>"
"""How a message begins that the program itself wrote in the name of its user, who is not there."""
_Message = Mapping[str, Any]


def read_messages(source: Source, recorder: Recorder) -> None:
    """Records all of the source."""
    rows = _Rows(recorder)
    for line, value in read_lines(source, recorder):
        if isinstance(value, dict):
            rows.take(value, line)
        else:
            recorder.finding("not_an_object", Severity.WARNING, "JSON, but not an object", line=line)
    rows.finish()


class _Rows:
    """One conversation. It bears no name: its first message, and when that was made, tell it from others."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._reader = FieldReader(recorder)
        self._moments = Moments(recorder)
        self._cause = Cause()
        self._key: str | None = None
        self._answer: tuple[str, int | None, list[str]] | None = None
        self._fingerprint: str | None = None
        self._last_ns: int | None = None
        self._opened = False

    def take(self, message: _Message, line: int) -> None:
        """One message."""
        role = self._reader.take(message, "role", fields.text, line)
        t_ns = self._moments.read(message.get("timestamp"), "timestamp", line) or None
        if t_ns is None:
            what = "a message without a time: its place is not told"
            self._recorder.finding("step_without_time", Severity.WARNING, what, line=line)
            return
        if self._key is None:
            self._key = _key("gptme", message, t_ns)
            self._recorder.agent(session_key=self._key, agent_key=_LANE, main=True)
        if self._opened and self._last_ns is not None and t_ns < self._last_ns:
            what = "a message that is older than the one before it: its line was moved, or the clock set back"
            self._recorder.finding("clock_jump", Severity.INFO, what, line=line)
        self._last_ns, self._opened = t_ns, self._opened or role == "assistant"
        if role == "assistant":
            self._answered(self._key, message, t_ns, line)
        elif role == "user" and self._opened and _is_by_the_program(message):
            self._cause.reach(t_ns)
            self._answer = None
        elif role == "user":
            self._asked(message, t_ns)
        elif role in ("system", "tool"):
            self._returned(self._key, message, t_ns, line)
        else:
            what = "a message of no known role: left out"
            self._recorder.finding("unknown_record", Severity.WARNING, what, line=line)

    def finish(self) -> None:
        """The session."""
        if self._key is not None:
            self._recorder.session(session_key=self._key, first_prompt_fingerprint=self._fingerprint)

    def _asked(self, message: _Message, t_ns: int) -> None:
        self._cause.ask(t_ns)
        self._answer = None
        if self._fingerprint is None:
            self._fingerprint = _digest(message)

    def _answered(self, session_key: str, message: _Message, end_ns: int, line: int) -> None:
        about = self._reader.inner(message, "metadata", line)
        times = self._reader.inner(about, "timings", line)
        first_ns = self._reader.take(times, "ttft_ms", fields.duration_from_ms, line)
        rest_ns = self._reader.take(times, "gen_ms", fields.duration_from_ms, line)
        start_ns, evidence = self._cause.start_before(end_ns)
        first_token_ns = None
        if first_ns is not None and rest_ns is not None and end_ns - rest_ns - first_ns > 0:
            start_ns, evidence = end_ns - rest_ns - first_ns, Evidence.DERIVED
            first_token_ns = end_ns - rest_ns
        key = _key("answer", message, end_ns)
        self._recorder.span(
            session_key=session_key,
            span_key=key,
            agent_key=_LANE,
            line=line,
            kind=SpanKind.REQUEST,
            purpose=Purpose.TURN,
            start_ns=start_ns,
            end_ns=end_ns,
            start_evidence=evidence,
            end_evidence=Evidence.MEASURED,
            first_token_ns=first_token_ns,
            first_token_evidence=None if first_token_ns is None else Evidence.DERIVED,
            status=Status.OK,
            model=self._reader.take(about, "model", fields.text, line),
            trigger=self._cause.trigger,
            **tokens_of(about),
        )
        link_results(self._recorder, session_key, self._cause.results, key, "tool result")
        self._cause.answered(end_ns)
        names = self._reader.inner(times, "tool_ms_by_name", line)
        self._answer = (key, end_ns, [name for name in names if fields.text(name)])

    def _returned(self, session_key: str, message: _Message, t_ns: int, line: int) -> None:
        """A tool's, if an answer precedes it, whatever its role is; else what the program says itself."""
        if self._answer is None:
            self._cause.reach(t_ns)
            return
        answer, start_ns, names = self._answer
        start_ns = min(start_ns, t_ns) if start_ns is not None else None
        about = self._reader.inner(message, "metadata", line)
        name = self._reader.take(about, "tool", fields.text, line)
        key = _key("tool", message, t_ns)
        self._recorder.span(
            session_key=session_key,
            span_key=key,
            agent_key=_LANE,
            line=line,
            kind=SpanKind.TOOL,
            purpose=Purpose.TURN,
            name=name or (names[0] if len(names) == 1 else None),
            call_id=self._reader.take(message, "call_id", fields.text, line),
            start_ns=start_ns,
            end_ns=t_ns,
            start_evidence=Evidence.BOUNDED,
            end_evidence=Evidence.MEASURED,
        )
        link_call(self._recorder, session_key, answer, key, "order of messages")
        self._answer = (answer, t_ns, names)
        self._cause.result(t_ns, key)


def _is_by_the_program(message: _Message) -> bool:
    content = message.get("content")
    return isinstance(content, str) and content.startswith(_BY_THE_PROGRAM)


def _key(kind: str, message: _Message, t_ns: int) -> str:
    """The same wherever the message stands."""
    return f"{kind}:{t_ns}:{_digest(message)[:12]}"


def _digest(message: _Message) -> str:
    return hashlib.sha256(str(message.get("content")).encode(errors="replace")).hexdigest()
