"""Entries of a session: those with messages are requests, results and what a person said.

An entry's time is that of its being written, at the end of what it tells of. A message has a time of its own:
of an answer, when its request was sent; of a result, when the tool returned. (ai/providers, agent-loop.ts)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import PurePosixPath
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

_LANE = "main"
_STATUS = {"error": Status.ERROR, "aborted": Status.CANCELLED}
_KEPT = frozenset(
    {
        "branch_summary", "custom", "custom_message", "label", "model_change", "session_info",
        "thinking_level_change",
    }
)  # fmt: skip


class Entries:
    """Makes rows of the entries of one file, in their order."""

    def __init__(self, recorder: Recorder) -> None:
        """Nothing read yet."""
        self._recorder = recorder
        self._reader = FieldReader(recorder)
        self._session_key = "pi:unknown"
        self._session_id: str | None = None
        self._cause = Cause()
        self._calls: dict[str, tuple[str, int | None, str | None, int]] = {}
        self._attempt = 1
        self._failed: str | None = None
        self._compaction: str | None = None
        self._fingerprint: str | None = None

    def take(self, entry: Mapping[str, Any], line: int) -> None:
        """One line."""
        kind = self._reader.take(entry, "type", fields.text, line)
        t_ns = self._reader.take(entry, "timestamp", fields.instant_from_iso, line)
        key = self._reader.take(entry, "id", fields.text, line) or f"line:{line}"
        if kind == "session":
            self._begin(entry, line)
        elif kind == "message":
            self._message(self._reader.inner(entry, "message", line), key, t_ns, line)
        elif kind == "compaction":
            self._compact(entry, key, t_ns, line)
        elif kind not in _KEPT:
            what = "an entry of no known kind"
            self._recorder.finding("unknown_record", Severity.WARNING, what, line=line)

    def finish(self) -> None:
        """Calls without a result, and the session."""
        for key, start_ns, name, line in self._calls.values():
            self._tool(key, start_ns, None, name, line, Status.UNFINISHED)
        self._recorder.session(
            session_key=self._session_key,
            source_id=self._session_id,
            first_prompt_fingerprint=self._fingerprint,
        )

    def _begin(self, entry: Mapping[str, Any], line: int) -> None:
        """A branch repeats the entries of the file that it comes from, whose name ends with its session's id."""
        self._session_id = self._reader.take(entry, "id", fields.text, line)
        self._session_key = f"pi:{self._session_id or 'unknown'}"
        self._recorder.agent(session_key=self._session_key, agent_key=_LANE, main=True)
        for name in ("parentSession", "branchedFrom"):
            parent = self._reader.take(entry, name, fields.text, line)
            if parent is not None:
                session_id = PurePosixPath(parent.replace("\\", "/")).stem.rpartition("_")[2]
                self._recorder.same_family(self._session_key, f"pi:{session_id}")

    def _message(self, message: Mapping[str, Any], key: str, t_ns: int | None, line: int) -> None:
        role = self._reader.take(message, "role", fields.text, line)
        own_ns = self._reader.take(message, "timestamp", fields.instant_from_ms, line)
        if role == "user":
            self._wait_after_compaction(key, own_ns or t_ns, line)
            self._cause.ask(own_ns or t_ns)
            self._attempt, self._failed = 1, None
            if self._fingerprint is None:
                said = str(message.get("content")).encode(errors="replace")
                self._fingerprint = hashlib.sha256(said).hexdigest()
        elif role == "assistant":
            self._answer(message, key, (own_ns, t_ns), line)
        elif role == "toolResult":
            self._result(message, own_ns or t_ns, line)

    def _wait_after_compaction(self, key: str, t_ns: int | None, line: int) -> None:
        """For the user, who is not expected to be waited for between a compaction and the next request."""
        idle_ns = self._cause.ready_ns
        if self._compaction is None or idle_ns is None or t_ns is None or t_ns <= idle_ns:
            return
        self._recorder.span(
            session_key=self._session_key,
            span_key=f"wait:{key}",
            agent_key=_LANE,
            line=line,
            kind=SpanKind.USER_WAIT,
            purpose=Purpose.TURN,
            start_ns=idle_ns,
            end_ns=t_ns,
            start_evidence=Evidence.MEASURED,
            end_evidence=Evidence.MEASURED,
        )

    def _answer(
        self, message: Mapping[str, Any], key: str, bounds: tuple[int | None, int | None], line: int
    ) -> None:
        start_ns, end_ns = bounds
        if start_ns is not None and end_ns is not None and start_ns > end_ns:
            start_ns = end_ns
        stop = self._reader.take(message, "stopReason", fields.text, line)
        failed = stop == "error"
        self._recorder.span(
            session_key=self._session_key,
            span_key=key,
            agent_key=_LANE,
            line=line,
            kind=SpanKind.REQUEST,
            purpose=Purpose.FAILED_ATTEMPT if failed else Purpose.TURN,
            start_ns=start_ns,
            end_ns=end_ns,
            start_evidence=_measured(start_ns),
            end_evidence=_measured(end_ns),
            status=_STATUS.get(stop or "", Status.OK),
            model=self._reader.take(message, "model", fields.text, line),
            attempt=self._attempt,
            trigger=self._cause.trigger,
            **self._tokens(self._reader.inner(message, "usage", line)),
        )
        self._depend(key)
        if failed:
            self._attempt, self._failed = self._attempt + 1, key
            self._cause.reach(end_ns)
            return
        self._attempt, self._failed = 1, None
        self._cause.answered(end_ns)
        for block in self._reader.objects(message, "content", line):
            if block.get("type") == "toolCall" and (call_id := fields.text(block.get("id"))) is not None:
                self._calls[call_id] = f"tool:{call_id}", end_ns, fields.text(block.get("name")), line
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
        call_id = self._reader.take(message, "toolCallId", fields.text, line)
        called = self._calls.pop(call_id or "", None)
        if called is None:
            what = "a tool's result whose call is not in the file"
            self._recorder.finding("stray_result", Severity.INFO, what, line=line)
            self._cause.result(t_ns, None)
            return
        key, start_ns, name, _ = called
        if start_ns is not None and t_ns is not None:
            start_ns = min(start_ns, t_ns)
        status = Status.ERROR if message.get("isError") is True else Status.OK
        self._tool(key, start_ns, t_ns, name, line, status)
        self._cause.result(t_ns, key)

    def _tool(
        self, key: str, start_ns: int | None, end_ns: int | None, name: str | None, line: int, status: Status
    ) -> None:
        self._recorder.span(
            session_key=self._session_key,
            span_key=key,
            agent_key=_LANE,
            line=line,
            kind=SpanKind.TOOL,
            purpose=Purpose.TURN,
            name=name,
            call_id=key.removeprefix("tool:"),
            start_ns=start_ns,
            end_ns=end_ns,
            start_evidence=Evidence.UNKNOWN if start_ns is None else Evidence.BOUNDED,
            end_evidence=_measured(end_ns),
            status=status,
        )

    def _compact(self, entry: Mapping[str, Any], key: str, t_ns: int | None, line: int) -> None:
        """It began after what was done before it; one that the user asked for, perhaps much later."""
        start_ns, evidence = self._cause.start_before(t_ns)
        self._compaction = key
        self._recorder.span(
            session_key=self._session_key,
            span_key=key,
            agent_key=_LANE,
            line=line,
            kind=SpanKind.COMPACTION,
            purpose=Purpose.COMPACTION,
            start_ns=start_ns,
            end_ns=t_ns,
            start_evidence=evidence,
            end_evidence=_measured(t_ns),
            tokens_before=self._reader.take(entry, "tokensBefore", fields.count, line),
        )
        self._cause.reach(t_ns)


def _measured(t_ns: int | None) -> Evidence:
    return Evidence.UNKNOWN if t_ns is None else Evidence.MEASURED
