"""Reads records line by line; conversations are sessions, and subagents' conversations belong to their root's."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.aiperf.requests import Record, request_of
from agenttrace.ingest.json_values import read_lines
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source
from agenttrace.model.vocabulary import Evidence, MarkKind, Severity

_WARMUP = "warmup"

_DIALECTS = {"benchmark_phase": "profile-export", "credit_phase": "profile-export-2025-10"}


def read_records(source: Source, recorder: Recorder) -> None:
    """One request for each record of the profiling phase."""
    reading = _Reading(recorder)
    for line, value in read_lines(source, recorder):
        reading.add(line, value)
    reading.finish()


class _Reading:
    """One source being read."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._sessions: dict[str, str | None] = {}
        self._cut: set[str] = set()
        self._agents: set[str] = set()

    def add(self, line: int, value: Any) -> None:
        metadata = value.get("metadata") if isinstance(value, dict) else None
        if not isinstance(metadata, dict):
            self._recorder.finding(
                "record_unusable", Severity.WARNING, "a record without metadata", line=line
            )
            return
        conversation = fields.text(metadata.get("x_correlation_id"))
        root = fields.text(metadata.get("root_correlation_id")) or conversation
        session_key = self._session_key(root, metadata, line)
        if metadata.get("benchmark_phase", metadata.get("credit_phase")) == _WARMUP:
            what = "requests of the warmup phase are left out"
            self._recorder.finding("warmup_left_out", Severity.INFO, what, line=line)
            self._cut.add(session_key)
            return
        agent_key = f"aiperf:{conversation}" if conversation else None
        request = request_of(value, metadata, line, session_key, agent_key)
        if request is None:
            what = "a request that does not say when it was sent"
            self._recorder.finding("record_unusable", Severity.WARNING, what, line=line)
            return
        request.record(self._recorder)
        self._sessions[session_key] = root
        self._note_agent(session_key, conversation, root, metadata)
        self._note_cancel(session_key, request.key, metadata)
        for name, dialect in _DIALECTS.items():
            if name in metadata:
                self._recorder.dialect(dialect)

    def _session_key(self, root: str | None, metadata: Record, line: int) -> str:
        if root is not None:
            return f"aiperf:{root}"
        what = "a request that names no conversation: a session of its own"
        self._recorder.finding("context_free", Severity.INFO, what, line=line)
        return f"aiperf:request:{fields.text(metadata.get('x_request_id')) or f'line {line}'}"

    def _note_agent(
        self, session_key: str, conversation: str | None, root: str | None, metadata: Record
    ) -> None:
        if conversation is None or conversation in self._agents:
            return
        self._agents.add(conversation)
        parent = fields.text(metadata.get("parent_correlation_id"))
        if parent is not None and fields.text(metadata.get("root_correlation_id")) is None:
            self._recorder.same_session(session_key, f"aiperf:{parent}")
        depth = fields.small_count(metadata.get("agent_depth"))
        self._recorder.agent(
            session_key=session_key,
            agent_key=f"aiperf:{conversation}",
            parent_agent_key=f"aiperf:{parent}" if parent and parent != conversation else None,
            main=conversation == root and not parent and not depth,
            source_id=conversation,
        )

    def _note_cancel(self, session_key: str, key: str, metadata: Record) -> None:
        at_ns = fields.instant(metadata.get("cancellation_time_ns"))
        if metadata.get("was_cancelled") is True and at_ns is not None:
            self._recorder.mark(
                session_key=session_key,
                span_key=key,
                kind=MarkKind.CANCEL.value,
                t_ns=at_ns,
                evidence=Evidence.MEASURED.value,
            )

    def finish(self) -> None:
        for session_key, root in self._sessions.items():
            self._recorder.session(
                session_key=session_key, source_id=root, truncated=session_key in self._cut or None
            )
