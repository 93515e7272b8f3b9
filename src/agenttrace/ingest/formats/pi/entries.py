"""Entries of a session: those with messages are requests, results and what a person said.

An entry's time is that of its being written, at the end of what it tells of. A message has a time of its own:
of an answer, when its request was sent; of a result, when the tool returned. (ai/providers, agent-loop.ts)
Where it has none, a request is not before what it answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.cause import Cause, link_call, link_results
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import (
    Evidence,
    LinkKind,
    Purpose,
    Severity,
    SpanKind,
    Status,
    TokenQuality,
)

MAIN = "main"
_STATUS = {"error": Status.ERROR, "aborted": Status.CANCELLED}
_KEPT = frozenset(
    {
        "active_tools_change", "branch_summary", "custom", "custom_message", "label", "model_change",
        "session_info", "thinking_level_change",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Call:
    """A tool that was asked for."""

    start_ns: int | None
    evidence: Evidence
    name: str | None
    line: int


@dataclass(frozen=True, slots=True)
class _Wait:
    """Of the end of the work before a prompt for that prompt."""

    key: str
    start_ns: int
    end_ns: int
    line: int


class Entries:
    """Makes rows of the entries of one lane, in their order."""

    def __init__(
        self,
        recorder: Recorder,
        session_key: str,
        lane: str = MAIN,
        instant: Callable[[Any], int | None] = fields.instant_from_iso,
    ) -> None:
        """Nothing read yet."""
        self._recorder = recorder
        self._reader = FieldReader(recorder)
        self._session_key = session_key
        self._lane = lane
        self._instant = instant
        self._cause = Cause()
        self._calls: dict[str, _Call] = {}
        self._starts: dict[str, int] = {}
        self._waited: _Wait | None = None
        self._attempt = 1
        self._failed: str | None = None
        self._compaction: str | None = None
        self.fingerprint: str | None = None
        recorder.agent(session_key=session_key, agent_key=lane, main=lane == MAIN)

    def take(self, entry: Mapping[str, Any], line: int) -> None:
        """One entry."""
        kind = self._reader.take(entry, "type", fields.text, line)
        t_ns = self._reader.take(entry, "timestamp", self._instant, line)
        key = self._reader.take(entry, "id", fields.text, line) or f"line:{line}"
        if kind == "message":
            self._message(self._reader.inner(entry, "message", line), key, t_ns, line)
        elif kind == "compaction":
            self._compact(entry, key, t_ns, line)
        elif kind in _KEPT:
            self._note(key, t_ns, line)
        else:
            what = "an entry of no known kind"
            self._recorder.finding("unknown_record", Severity.WARNING, what, line=line)

    def tool_started(self, call_id: str, t_ns: int) -> None:
        """A tool that was asked for began then."""
        call = self._calls.get(call_id)
        if call is not None:
            self._calls[call_id] = _Call(t_ns, Evidence.MEASURED, call.name, call.line)

    def attempted(self, entry_key: str, t_ns: int) -> None:
        """What an entry tells of was begun then; of several attempts, the first counts."""
        self._starts.setdefault(entry_key, t_ns)

    def finish(self) -> None:
        """Calls without a result."""
        for call_id, call in self._calls.items():
            self._tool(call_id, call, None, Status.UNFINISHED)

    def _message(self, message: Mapping[str, Any], key: str, t_ns: int | None, line: int) -> None:
        role = self._reader.take(message, "role", fields.text, line)
        own_ns = self._reader.take(message, "timestamp", fields.instant_from_ms, line)
        if role == "user":
            self._ask(key, own_ns or t_ns, line)
            self._attempt, self._failed = 1, None
            if self.fingerprint is None:
                said = str(message.get("content")).encode(errors="replace")
                self.fingerprint = hashlib.sha256(said).hexdigest()
        elif role == "assistant":
            self._answer(message, key, (own_ns, t_ns), line)
        elif role == "toolResult":
            self._result(message, own_ns or t_ns, line)

    def _ask(self, key: str, t_ns: int | None, line: int) -> None:
        """The user is not expected to be waited for beside a compaction: that they were is told."""
        self._note(key, t_ns, line)
        if self._compaction is not None:
            self._wait()
        self._cause.ask(t_ns)

    def _note(self, key: str, t_ns: int | None, line: int) -> None:
        """What comes after the work comes of the user. Nothing is written while a compaction runs."""
        idle_ns = None if self._cause.fresh else self._cause.ready_ns
        if idle_ns is not None and t_ns is not None and idle_ns < t_ns:
            self._waited = _Wait(key, idle_ns, t_ns, line)

    def _wait(self) -> None:
        waited, self._waited = self._waited, None
        if waited is None:
            return
        self._recorder.span(
            session_key=self._session_key,
            span_key=f"wait:{waited.key}",
            agent_key=self._lane,
            line=waited.line,
            kind=SpanKind.USER_WAIT,
            purpose=Purpose.TURN,
            start_ns=waited.start_ns,
            end_ns=waited.end_ns,
            start_evidence=Evidence.MEASURED,
            end_evidence=Evidence.MEASURED,
        )

    def _answer(
        self, message: Mapping[str, Any], key: str, bounds: tuple[int | None, int | None], line: int
    ) -> None:
        start_ns, end_ns = bounds
        if start_ns is None:
            start_ns, start_evidence = self._cause.start_before(end_ns)
        else:
            start_ns = start_ns if end_ns is None else min(start_ns, end_ns)
            start_evidence = Evidence.MEASURED
        stop = self._reader.take(message, "stopReason", fields.text, line)
        failed = stop == "error"
        self._recorder.span(
            session_key=self._session_key,
            span_key=key,
            agent_key=self._lane,
            line=line,
            kind=SpanKind.REQUEST,
            purpose=Purpose.FAILED_ATTEMPT if failed else Purpose.TURN,
            start_ns=start_ns,
            end_ns=end_ns,
            start_evidence=start_evidence,
            end_evidence=_measured(end_ns),
            status=_STATUS.get(stop or "", Status.OK),
            model=self._reader.take(message, "model", fields.text, line),
            attempt=self._attempt,
            trigger=self._cause.trigger,
            **self._tokens(self._reader.inner(message, "usage", line)),
        )
        self._depend(key)
        self._waited = None
        if failed:
            self._attempt, self._failed = self._attempt + 1, key
            self._cause.reach(end_ns)
            return
        self._attempt, self._failed = 1, None
        self._cause.answered(end_ns)
        for block in self._reader.objects(message, "content", line):
            if block.get("type") == "toolCall" and (call_id := fields.text(block.get("id"))) is not None:
                evidence = Evidence.UNKNOWN if end_ns is None else Evidence.BOUNDED
                self._calls[call_id] = _Call(end_ns, evidence, fields.text(block.get("name")), line)
                link_call(self._recorder, self._session_key, key, f"tool:{call_id}", "toolCall")

    def _depend(self, key: str) -> None:
        """On the results that it carries, the attempt before it, the summary that it reads first."""
        link_results(self._recorder, self._session_key, self._cause.results, key, "toolResult")
        for source, kind, rule in (
            (self._failed, LinkKind.RETRIES, "stopReason error"),
            (self._compaction, LinkKind.CONTINUES, "compaction"),
        ):
            if source is not None:
                self._recorder.link(
                    session_key=self._session_key,
                    from_key=source,
                    to_key=key,
                    kind=kind,
                    explicit=True,
                    rule=rule,
                )
        self._compaction = None

    def _tokens(self, usage: Mapping[str, Any]) -> dict[str, Any]:
        """Its prompt is kept without what was read from or written to a cache. All zeros are not counted."""
        names = ("input", "cacheRead", "cacheWrite", "output")
        given, read, written, output = (fields.count(usage.get(name)) for name in names)
        if not any((given, read, written, output)):
            return {}
        return {
            "input_tokens": None if given is None else given + (read or 0) + (written or 0),
            "cache_read_tokens": None if given is None else read,
            "cache_write_tokens": written,
            "output_tokens": output,
            "output_quality": None if output is None else TokenQuality.FINAL,
        }

    def _result(self, message: Mapping[str, Any], t_ns: int | None, line: int) -> None:
        self._waited = None
        call_id = self._reader.take(message, "toolCallId", fields.text, line)
        called = self._calls.pop(call_id or "", None)
        if called is None:
            what = "a tool's result whose call is not in the file"
            self._recorder.finding("stray_result", Severity.INFO, what, line=line)
            self._cause.result(t_ns, None)
            return
        status = Status.ERROR if message.get("isError") is True else Status.OK
        self._tool(call_id or "", replace(called, line=line), t_ns, status)
        self._cause.result(t_ns, f"tool:{call_id}")

    def _tool(self, call_id: str, call: _Call, end_ns: int | None, status: Status) -> None:
        start_ns = call.start_ns
        if start_ns is not None and end_ns is not None:
            start_ns = min(start_ns, end_ns)
        self._recorder.span(
            session_key=self._session_key,
            span_key=f"tool:{call_id}",
            agent_key=self._lane,
            line=call.line,
            kind=SpanKind.TOOL,
            purpose=Purpose.TURN,
            name=call.name,
            call_id=call_id,
            start_ns=start_ns,
            end_ns=end_ns,
            start_evidence=call.evidence,
            end_evidence=_measured(end_ns),
            status=status,
        )

    def _compact(self, entry: Mapping[str, Any], key: str, t_ns: int | None, line: int) -> None:
        """It began after what was done before it; one that the user asked for, perhaps much later."""
        if self._waited is not None and (t_ns is None or self._waited.end_ns <= t_ns):
            self._cause.reach(self._waited.end_ns)
            self._wait()
        begun_ns = self._starts.get(key)
        if begun_ns is None or (t_ns is not None and begun_ns > t_ns):
            start_ns, evidence = self._cause.start_before(t_ns)
        else:
            start_ns, evidence = begun_ns, Evidence.MEASURED
        self._compaction = key
        self._recorder.span(
            session_key=self._session_key,
            span_key=key,
            agent_key=self._lane,
            line=line,
            kind=SpanKind.COMPACTION,
            purpose=Purpose.COMPACTION,
            start_ns=start_ns,
            end_ns=t_ns,
            start_evidence=evidence,
            end_evidence=_measured(t_ns),
            tokens_before=self._reader.take(entry, "tokensBefore", fields.count, line),
            **self._tokens(self._reader.inner(entry, "usage", line)),
        )
        self._cause.reach(t_ns)


def _measured(t_ns: int | None) -> Evidence:
    return Evidence.UNKNOWN if t_ns is None else Evidence.MEASURED
