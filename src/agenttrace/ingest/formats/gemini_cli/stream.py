"""What Gemini CLI prints with `--output-format stream-json`: events as they come, each with its instant.

Calls are told as they are made, results when all tools of a batch have returned. An answer is what is told between
what it answers and what comes of it; how many tokens each took is not told. (cli/nonInteractiveCli.ts)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.called import Called, record_call
from agenttrace.ingest.cause import Cause, link_call, link_results
from agenttrace.ingest.json_values import read_lines
from agenttrace.ingest.record_fields import FieldReader
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Evidence, Purpose, Severity, SpanKind, Status


def read_stream(source: Source, recorder: Recorder) -> None:
    """All events; a run that goes on with a session begins it once more."""
    reader = FieldReader(recorder)
    runs: dict[str, _Runs] = {}
    run: _Runs | None = None
    for line, event in read_lines(source, recorder):
        if not isinstance(event, dict):
            recorder.finding("not_an_object", Severity.WARNING, "JSON, but not an object", line=line)
        elif event.get("type") == "init":
            session_id = reader.take(event, "session_id", fields.text, line) or f"line:{line}"
            run = runs.get(session_id) or runs.setdefault(session_id, _Runs(reader, session_id))
            run.begin(reader.take(event, "model", fields.text, line))
        elif run is not None:
            run.take(event, line)
        else:
            what = "an event before the first session began"
            recorder.finding("unknown_record", Severity.WARNING, what, line=line)
    for begun in runs.values():
        begun.finish()
    if runs:
        what = "requests without counts of tokens: only their sum is told"
        recorder.finding("no_token_counts", Severity.WARNING, what)


class _Runs:
    """The runs of one session."""

    def __init__(self, reader: FieldReader, session_id: str) -> None:
        self._reader, self._recorder = reader, reader.recorder
        self._id, self._session_key, self._lane = session_id, f"gemini:{session_id}", f"{session_id}:main"
        self._model: str | None = None
        self._cause = Cause()
        self._calls: dict[str, Called] = {}
        self._answer: tuple[str, int] | None = None
        self._keys: set[str] = set()
        self._last_ns: int | None = None
        self._asked_for: list[str] = []
        self._fingerprint: str | None = None

        self._recorder.agent(session_key=self._session_key, agent_key=self._lane, main=True)

    def begin(self, model: str | None) -> None:
        """A run begins."""
        self._close()
        self._model = model or self._model

    def take(self, event: Mapping[str, Any], line: int) -> None:
        """One event."""
        kind = self._reader.take(event, "type", fields.text, line)
        t_ns = self._reader.take(event, "timestamp", fields.instant_from_iso, line)
        if kind == "message" and event.get("role") == "user":
            self._ask(event, t_ns)
        elif kind == "message":
            self._said(t_ns, line)
        elif kind == "tool_use":
            self._call(event, t_ns, line)
        elif kind == "tool_result":
            self._result(event, t_ns, line)
        elif kind == "result":
            self._end(event, t_ns, line)
        elif kind != "error":
            what = "an event of no known kind"
            self._recorder.finding("unknown_record", Severity.WARNING, what, line=line)

    def finish(self) -> None:
        """What was still open, and the session."""
        self._close()
        for call_id, called in self._calls.items():
            self._tool(call_id, called, None, Status.UNFINISHED)
        self._recorder.session(
            session_key=self._session_key,
            source_id=self._id,
            first_prompt_fingerprint=self._fingerprint,
        )

    def _ask(self, event: Mapping[str, Any], t_ns: int | None) -> None:
        self._close()
        self._cause.ask(t_ns)
        if self._fingerprint is None:
            said = str(event.get("content")).encode(errors="replace")
            self._fingerprint = hashlib.sha256(said).hexdigest()

    def _said(self, t_ns: int | None, line: int) -> str:
        if self._answer is None:
            self._answer = self._named("answer", t_ns, line), line
        if t_ns is not None:
            self._last_ns = max(self._last_ns or 0, t_ns)
        return self._answer[0]

    def _named(self, kind: str, t_ns: int | None, line: int) -> str:
        """A key that does not hang on the number of its line, unless nothing else tells it apart."""
        key = f"{kind}:{self._id}:{t_ns}"
        if t_ns is None or key in self._keys:
            key = f"{key}:{line}"
        self._keys.add(key)
        return key

    def _call(self, event: Mapping[str, Any], t_ns: int | None, line: int) -> None:
        self._said(t_ns, line)
        call_id = self._reader.take(event, "tool_id", fields.text, line) or f"line:{line}"
        name = self._reader.take(event, "tool_name", fields.text, line)
        self._calls[call_id] = Called(name, t_ns, line)
        self._asked_for.append(call_id)

    def _result(self, event: Mapping[str, Any], t_ns: int | None, line: int) -> None:
        self._close()
        call_id = self._reader.take(event, "tool_id", fields.text, line)
        called = self._calls.pop(call_id or "", None)
        if called is None or call_id is None:
            what = "a tool's result whose call is not in the file"
            self._recorder.finding("stray_result", Severity.INFO, what, line=line)
            self._cause.result(t_ns, None)
            return
        status = Status.ERROR if event.get("status") == "error" else Status.OK
        self._tool(call_id, called, t_ns, status)
        self._cause.result(t_ns, f"tool:{call_id}")

    def _end(self, event: Mapping[str, Any], t_ns: int | None, line: int) -> None:
        """What ends in an error, with something to answer and no answer, had an attempt that failed."""
        failed = event.get("status") == "error" and self._answer is None and self._cause.fresh
        if failed and t_ns is not None:
            self._request(self._named("failed", t_ns, line), t_ns, line, Status.ERROR)
        self._close()

    def _close(self) -> None:
        """The answer that was being told is complete."""
        if self._answer is None:
            return
        (key, line), end_ns = self._answer, self._last_ns
        self._request(key, end_ns, line, Status.OK)
        self._cause.answered(end_ns)
        for call_id in self._asked_for:
            link_call(self._recorder, self._session_key, key, f"tool:{call_id}", "tool_use")
        self._answer, self._last_ns, self._asked_for = None, None, []

    def _request(self, key: str, end_ns: int | None, line: int, status: Status) -> None:
        start_ns, evidence = self._cause.start_before(end_ns)
        self._recorder.span(
            session_key=self._session_key,
            span_key=key,
            agent_key=self._lane,
            line=line,
            kind=SpanKind.REQUEST,
            purpose=Purpose.TURN if status is Status.OK else Purpose.FAILED_ATTEMPT,
            start_ns=start_ns,
            end_ns=end_ns,
            start_evidence=evidence,
            end_evidence=Evidence.UNKNOWN if end_ns is None else Evidence.MEASURED,
            status=status,
            model=self._model,
            trigger=self._cause.trigger,
        )
        link_results(self._recorder, self._session_key, self._cause.results, key, "tool_result")

    def _tool(self, call_id: str, called: Called, end_ns: int | None, status: Status) -> None:
        keys = {
            "session_key": self._session_key,
            "span_key": f"tool:{call_id}",
            "agent_key": self._lane,
            "call_id": call_id,
        }
        record_call(self._recorder, keys, called, end_ns, status, Evidence.BOUNDED)
