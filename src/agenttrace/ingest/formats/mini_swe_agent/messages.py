"""Messages of version 2: an answer bears the time of its arrival, an observation that of its writing.

All commands of an answer are executed one after the other, and then all observations are written at once.
(agents/default.py, models/litellm_model.py, models/utils/actions_toolcall.py)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.cause import Cause, link_call, link_results
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.usage import from_usage
from agenttrace.model.vocabulary import (
    Evidence,
    Purpose,
    Severity,
    SpanKind,
    Status,
    TokenQuality,
)

_LANE = "main"
_ENDED_THE_RUN = "action was not executed"
"""What is said of a command that never returned, and of those that were to follow it."""


def write_messages(
    reader: FieldReader, document: Mapping[str, Any], messages: Sequence[tuple[int, Mapping[str, Any]]]
) -> bool:
    """All rows of messages, each with its place among them; False where none has a time."""
    extras = [reader.inner(message, "extra", line) for line, message in messages]
    first = next((extra for extra in extras if _instant(extra) is not None), None)
    if first is None:
        return False
    rows = _Rows(reader, f"mini-swe-agent:{_response(first).get('id') or _instant(first)}")
    reader.recorder.agent(session_key=rows.session_key, agent_key=_LANE, main=True)
    for (line, message), extra in zip(messages, extras, strict=True):
        rows.take(line, message, extra)
    task = fields.text(document.get("instance_id"))
    reader.recorder.session(session_key=rows.session_key, task_id=task)
    return True


def _instant(extra: Mapping[str, Any]) -> int | None:
    """Unix seconds as nanoseconds."""
    seconds = fields.number(extra.get("timestamp"))
    return fields.instant(round(seconds * 10**9)) if seconds is not None and 0 < seconds < 2**33 else None


def _response(extra: Mapping[str, Any]) -> Mapping[str, Any]:
    found = extra.get("response")
    return found if isinstance(found, dict) else {}


@dataclass(slots=True)
class _Rows:
    reader: FieldReader
    session_key: str
    cause: Cause = field(default_factory=Cause)
    answer: str | None = None
    answered_ns: int | None = None
    company: bool = False
    spoken_to: bool = False

    def take(self, line: int, message: Mapping[str, Any], extra: Mapping[str, Any]) -> None:
        """One message, in its order."""
        t_ns = _instant(extra)
        if "actions" in extra:
            self._request(line, message, extra, t_ns)
        elif "returncode" in extra or "raw_output" in extra:
            self._execution(line, message, extra, t_ns)
        elif "interrupt_type" in extra and "response" in extra:
            what = "an answer that could not be understood: it has no time"
            self.reader.recorder.finding("no_time", Severity.WARNING, what, line=line)
        elif message.get("role") == "user" and self.answer is not None:
            self.spoken_to = True

    def _request(
        self, line: int, message: Mapping[str, Any], extra: Mapping[str, Any], t_ns: int | None
    ) -> None:
        """Where a person spoke in between, at a time that is not stated, its start is not known."""
        start_ns, evidence = self.cause.start_before(t_ns)
        if self.spoken_to:
            start_ns, evidence = None, Evidence.UNKNOWN
        response = _response(extra) or message
        tokens = from_usage(self.reader.inner(response, "usage", line))
        self.answer = key = f"message:{line}"
        self.reader.recorder.span(
            session_key=self.session_key,
            span_key=key,
            agent_key=_LANE,
            line=line,
            kind=SpanKind.REQUEST,
            purpose=Purpose.TURN,
            start_ns=start_ns,
            end_ns=t_ns,
            start_evidence=evidence,
            end_evidence=Evidence.UNKNOWN if t_ns is None else Evidence.MEASURED,
            status=Status.OK,
            model=fields.text(response.get("model")),
            request_id=fields.text(response.get("id")),
            trigger=self.cause.trigger,
            input_tokens=tokens.given,
            cache_read_tokens=tokens.read,
            cache_write_tokens=tokens.written,
            output_tokens=tokens.output,
            reasoning_tokens=tokens.reasoning,
            output_quality=TokenQuality.FINAL if tokens.output is not None else None,
        )
        link_results(self.reader.recorder, self.session_key, self.cause.results, key, "tool_call_id")
        self.cause.answered(t_ns)
        self.answered_ns, self.spoken_to = t_ns, False
        self.company = len(self.reader.objects(extra, "actions", line)) > 1

    def _execution(
        self, line: int, message: Mapping[str, Any], extra: Mapping[str, Any], t_ns: int | None
    ) -> None:
        """Of several of one answer it is only known that all ran between the answer and the observations."""
        key = f"observation:{line}"
        code = fields.integer(extra.get("returncode"))
        name = fields.text(message.get("name")) or "bash"
        start_ns = self.answered_ns
        if start_ns is not None and t_ns is not None:
            start_ns = min(start_ns, t_ns)
        self.reader.recorder.span(
            session_key=self.session_key,
            span_key=key,
            agent_key=_LANE,
            line=line,
            kind=SpanKind.TOOL,
            purpose=Purpose.TURN,
            name=name,
            call_id=fields.text(message.get("tool_call_id")) or fields.text(message.get("call_id")),
            start_ns=start_ns,
            end_ns=t_ns,
            start_evidence=Evidence.UNKNOWN if start_ns is None else Evidence.BOUNDED,
            end_evidence=self._end_evidence(t_ns),
            status=_status(code, extra),
        )
        if self.answer is not None:
            link_call(self.reader.recorder, self.session_key, self.answer, key, "tool_call_id")
        self.cause.result(t_ns, key)

    def _end_evidence(self, t_ns: int | None) -> Evidence:
        if t_ns is None:
            return Evidence.UNKNOWN
        return Evidence.BOUNDED if self.company else Evidence.MEASURED


def _status(code: int | None, extra: Mapping[str, Any]) -> Status:
    """The command that hands in the work ends the run before it returns: it did not fail, nor did those after it."""
    if extra.get("exception_info") == _ENDED_THE_RUN:
        return Status.CANCELLED
    return Status.OK if code == 0 else Status.ERROR
