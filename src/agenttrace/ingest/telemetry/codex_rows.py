"""The events of one Codex conversation as rows.

A request is sent (`websocket_request`, or `api_request` when HTTP headers came back), streams (`sse_event`,
up to 0.14x one for each piece, whose duration is the wait for that piece), and is complete when an event
counts its tokens. A person's `tool_decision` ends a wait that began with the call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.telemetry import log_events
from agenttrace.ingest.telemetry.log_events import LogEvent, first
from agenttrace.ingest.telemetry.log_facts import duration_ns, request_facts, span_key, tool_facts
from agenttrace.model.vocabulary import Evidence, LinkKind, Purpose, Severity, SpanKind, Status

_ANSWER = "codex.sse_event"
_TOOL = "codex.tool_result"
_DECISION = "codex.tool_decision"
_FIRST_TOKEN = "codex.turn_ttft"
_FAILURES = frozenset({"response.failed", "response.incomplete"})
_PIECES = ("response.output_", "response.reasoning", "response.function_call", "response.custom_tool_call")


class CodexRows:
    """Rows of one conversation; events come in the order of time."""

    def __init__(
        self, recorder: Recorder, key: str, lane: str | None, turn_at: Callable[[int], str | None] | None
    ) -> None:
        """`lane`: it is a subagent's. `turn_at`: the span of the turn at an instant, where there are spans."""
        self._recorder = recorder
        self._key = key
        self._lane = lane
        self._turn_at = turn_at
        self._sent: tuple[int, int] | None = None
        self._first: int | None = None
        self._decided: dict[str, int] = {}
        self._failed: str | None = None
        self._named = False

    def add(self, event: LogEvent) -> bool:
        """Records an event; False if it says nothing of time spent."""
        if not self._named:
            self._recorder.session(session_key=self._key, source_id=event.session)
            self._named = True
        if event.name in log_events.PROMPTS:
            return self._prompt(event)
        if event.name in log_events.SENT:
            return self._send(event)
        if event.name == _ANSWER:
            return self._stream(event)
        if event.name == _TOOL:
            return self._tool(event)
        if event.name == _FIRST_TOKEN:
            return self._piece(event.t_ns)
        return event.name == _DECISION and self._decide(event)

    def _prompt(self, event: LogEvent) -> bool:
        """A prompt begins a turn; no record says when it ended."""
        self._sent = self._first = None
        if self._turn_at is None:
            self._recorder.span(
                **self._common(event, f"prompt@{event.t_ns}", SpanKind.INTERACTION)
                | {"end_ns": None, "end_evidence": Evidence.UNKNOWN.value},
                purpose=Purpose.TURN.value,
                name="prompt",
                start_ns=event.t_ns,
                start_evidence=Evidence.MEASURED.value,
            )
        return True

    def _send(self, event: LogEvent) -> bool:
        """Remembers when a request was sent; a failed one is an attempt of its own."""
        endpoint = fields.text(event.attributes.get("endpoint"))
        if endpoint is not None and not endpoint.endswith("/responses"):
            return False
        start_ns = event.t_ns - (duration_ns(event) or 0)
        before = fields.small_count(first(event.attributes, log_events.ATTEMPT)) or 0
        attempt = min(before + 1, 2**31 - 1)
        if _failed(event):
            self._request(event, start_ns, attempt, failed=True)
        else:
            self._sent, self._first = (start_ns, attempt), None
        return True

    def _stream(self, event: LogEvent) -> bool:
        kind = fields.text(event.attributes.get("event.kind")) or ""
        failed = kind in _FAILURES or event.attributes.get("error.message") is not None
        output = fields.count(first(event.attributes, log_events.OUTPUT))
        if kind.startswith(_PIECES) and not failed:
            return self._piece(event.t_ns)
        counted = kind == log_events.COMPLETED and output is not None
        if not (counted or (failed and self._sent is not None)):
            return False
        start_ns, attempt = self._sent or (None, 1)
        if output == 0 and not failed:
            what = "a request that only fills the cache: left out"
            self._recorder.finding("prewarm_request", Severity.INFO, what, line=event.line)
        else:
            self._request(event, start_ns, attempt, failed=failed)
        self._sent = self._first = None
        return output != 0 or failed

    def _piece(self, t_ns: int) -> bool:
        """The first piece of an answer."""
        if self._sent is None or self._first is not None:
            return False
        self._first = t_ns
        return True

    def _request(self, event: LogEvent, start_ns: int | None, attempt: int, *, failed: bool) -> None:
        facts = request_facts(event)
        if failed:
            facts |= {"purpose": Purpose.FAILED_ATTEMPT.value, "status": Status.ERROR.value}
        row = self._common(event, span_key(event, SpanKind.REQUEST), SpanKind.REQUEST) | facts
        row |= {"attempt": attempt, "start_ns": start_ns}
        row["start_evidence"] = (Evidence.UNKNOWN if start_ns is None else Evidence.DERIVED).value
        self._recorder.span(**row, **({} if failed else self._first_token(event, start_ns)))
        self._link_attempts(row["span_key"], attempt, failed=failed)

    def _link_attempts(self, key: str, attempt: int, *, failed: bool) -> None:
        """A request whose number says so tries again what failed before it."""
        if self._failed is not None and attempt > 1:
            self._recorder.link(
                session_key=self._key,
                from_key=self._failed,
                to_key=key,
                kind=LinkKind.RETRIES.value,
                explicit=True,
                rule="attempt",
            )
        self._failed = key if failed else None

    def _first_token(self, event: LogEvent, start_ns: int | None) -> dict[str, Any]:
        """As the answer states it from its start, else when its first piece came."""
        stated = fields.duration_from_ms(first(event.attributes, log_events.TTFT))
        first_ns = start_ns + stated if stated is not None and start_ns is not None else self._first
        if first_ns is None or not (start_ns or 0) <= first_ns <= event.t_ns:
            return {}
        evidence = Evidence.DERIVED if stated is not None else Evidence.BOUNDED
        return {
            "first_token_ns": first_ns,
            "first_token_evidence": evidence.value,
            "decode_ns": event.t_ns - first_ns,
            "decode_evidence": evidence.value,
        }

    def _decide(self, event: LogEvent) -> bool:
        """Remembers when a person decided on a call; settings and reviewing agents decide at once."""
        call = fields.text(first(event.attributes, log_events.CALL_ID))
        source = fields.text(event.attributes.get("source")) or ""
        if call is None or source.lower() != "user":
            return False
        self._decided[call] = event.t_ns
        return True

    def _tool(self, event: LogEvent) -> bool:
        length_ns = duration_ns(event)
        start_ns = None if length_ns is None else event.t_ns - length_ns
        key = span_key(event, SpanKind.TOOL)
        row = self._common(event, key, SpanKind.TOOL) | tool_facts(event)
        row |= {"start_ns": start_ns}
        row["start_evidence"] = (Evidence.UNKNOWN if start_ns is None else Evidence.DERIVED).value
        call = fields.text(first(event.attributes, log_events.CALL_ID))
        self._recorder.span(**row, call_id=call)
        decided_ns = self._decided.pop(call, None) if call is not None else None
        if decided_ns is not None and start_ns is not None and start_ns < decided_ns <= event.t_ns:
            self._recorder.span(
                **self._common(event, f"{key}:asked", SpanKind.USER_WAIT)
                | {"parent_key": key, "end_ns": decided_ns, "status": None},
                purpose=Purpose.TURN.value,
                start_ns=start_ns,
                start_evidence=Evidence.BOUNDED.value,
            )
        return True

    def _common(self, event: LogEvent, key: str, kind: SpanKind) -> dict[str, Any]:
        error = first(event.attributes, log_events.ERROR)
        return {
            "session_key": self._key,
            "span_key": key,
            "parent_key": None if self._turn_at is None else self._turn_at(event.t_ns),
            "agent_key": self._lane,
            "line": event.line,
            "kind": kind.value,
            "end_ns": event.t_ns,
            "end_evidence": Evidence.MEASURED.value,
            "status": (Status.ERROR if _failed(event) else Status.OK).value,
            "error": fields.text(str(error)) if error else None,
        }


def _failed(event: LogEvent) -> bool:
    told = fields.boolean(first(event.attributes, log_events.SUCCESS))
    if told is not None:
        return not told
    code = fields.integer(event.attributes.get("http.response.status_code"))
    return (code is not None and code >= 400) or event.attributes.get("error.message") is not None
