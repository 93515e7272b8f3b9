"""The events of one session as rows: each began its duration before it was written."""

from __future__ import annotations

from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry import log_events
from agenttrace.ingest.telemetry.log_events import LogEvent, first
from agenttrace.ingest.telemetry.log_facts import (
    compaction_facts,
    duration_ns,
    request_facts,
    span_key,
    tool_facts,
)
from agenttrace.model.vocabulary import Evidence, Purpose, Severity, SpanKind, Status


class LogRows:
    """Rows of one session; events come in the order of time."""

    def __init__(self, recorder: Recorder, key: str, *, beside_spans: bool) -> None:
        """Nothing recorded yet. Beside spans there are interactions already, which records cannot name."""
        self._recorder = recorder
        self._key = key
        self._beside_spans = beside_spans
        self._named = False
        self._lanes: set[str] = set()
        self._prompts: dict[str, tuple[str, int]] = {}

    def add(self, event: LogEvent) -> bool:
        """Records an event; False if it says nothing of time spent."""
        if not self._named:
            self._recorder.session(session_key=self._key, source_id=event.session)
            self._named = True
        if event.name in log_events.PROMPTS:
            self._interaction(event)
            return True
        kind = log_events.KINDS.get(event.name)
        if kind is None:
            return False
        row = self._common(event, kind) | _FACTS[kind](event)
        self._recorder.span(**row, **_first_token(event, row))
        return True

    def _interaction(self, event: LogEvent) -> None:
        """A prompt begins one; no record says when it ended, but those of its prompt lie inside it.

        Gemini CLI calls every prompt of a session the same where nobody is there to answer.
        """
        key = f"prompt@{event.t_ns}"
        if (named := _prompt_key(event)) is not None:
            known, at_ns = self._prompts.get(named, (named, event.t_ns))
            key = known if at_ns == event.t_ns else key
            self._prompts[named] = key, event.t_ns
        self._recorder.span(
            session_key=self._key,
            span_key=key,
            line=event.line,
            kind=SpanKind.INTERACTION.value,
            purpose=Purpose.TURN.value,
            name="prompt",
            start_ns=event.t_ns,
            start_evidence=Evidence.MEASURED.value,
            end_evidence=Evidence.UNKNOWN.value,
        )

    def _common(self, event: LogEvent, kind: SpanKind) -> dict[str, Any]:
        start = self._start(event)
        return {
            "session_key": self._key,
            "span_key": span_key(event, kind),
            "parent_key": None if self._beside_spans else self._prompt(event),
            "agent_key": self._lane(event, kind),
            "line": event.line,
            "kind": kind.value,
            "call_id": fields.text(first(event.attributes, log_events.CALL_ID))
            if kind is SpanKind.TOOL
            else None,
            "start_ns": start,
            "end_ns": event.t_ns,
            "start_evidence": (Evidence.UNKNOWN if start is None else Evidence.DERIVED).value,
            "end_evidence": Evidence.MEASURED.value,
            "status": _status(event).value,
            "error": fields.text(str(error))
            if (error := first(event.attributes, log_events.ERROR))
            else None,
        }

    def _prompt(self, event: LogEvent) -> str | None:
        named = _prompt_key(event)
        return self._prompts.get(named, (named, 0))[0] if named is not None else None

    def _start(self, event: LogEvent) -> int | None:
        duration = duration_ns(event)
        if duration is not None:
            return event.t_ns - duration
        return event.t_ns if event.name == "gemini_cli.chat_compression" else None

    def _lane(self, event: LogEvent, kind: SpanKind) -> str | None:
        """An agent id, or what asked: several agents of one type cannot be told apart by that."""
        lane = fields.text(first(event.attributes, log_events.LANE))
        source = fields.text(first(event.attributes, log_events.QUERY_SOURCE)) or ""
        if lane is None and source.startswith(log_events.SUBAGENT_SOURCE):
            lane = source
            self._recorder.finding(
                "lane_by_type",
                Severity.WARNING,
                "requests of subagents that only name their type: those of one type share a lane",
                line=event.line,
            )
        if lane is None:
            return None
        key = f"{event.session}:{lane}"
        if key not in self._lanes or kind is SpanKind.AGENT:
            self._lanes.add(key)
            parent = fields.text(first(event.attributes, log_events.PARENT_LANE))
            self._recorder.agent(
                session_key=self._key,
                agent_key=key,
                source_id=lane,
                name=fields.text(event.attributes.get("agent_name")),
                type=source.rpartition(":")[2] or None,
                parent_agent_key=f"{event.session}:{parent}" if parent else None,
            )
        return key


def _prompt_key(event: LogEvent) -> str | None:
    prompt = fields.text(first(event.attributes, log_events.PROMPT))
    return f"prompt:{prompt}" if prompt else None


def _status(event: LogEvent) -> Status:
    failed = (
        event.name in log_events.FAILED
        or fields.boolean(first(event.attributes, log_events.SUCCESS)) is False
    )
    return Status.ERROR if failed else Status.OK


def _first_token(event: LogEvent, row: dict[str, Any]) -> dict[str, Any]:
    """Counted from the start; a request whose start is not known has none."""
    ttft = fields.duration_from_ms(first(event.attributes, log_events.TTFT))
    if ttft is None or row["start_ns"] is None or row["start_ns"] + ttft > event.t_ns:
        return {}
    return {
        "first_token_ns": row["start_ns"] + ttft,
        "first_token_evidence": Evidence.DERIVED.value,
        "decode_ns": event.t_ns - row["start_ns"] - ttft,
        "decode_evidence": Evidence.DERIVED.value,
    }


_FACTS = {
    SpanKind.REQUEST: request_facts,
    SpanKind.TOOL: tool_facts,
    SpanKind.AGENT: tool_facts,
    SpanKind.COMPACTION: compaction_facts,
}
