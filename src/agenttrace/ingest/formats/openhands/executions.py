"""Actions that are executed, each from its hand-over to its observation."""

from __future__ import annotations

from dataclasses import dataclass, field

from agenttrace.ingest.formats.openhands.events import Event, Outcome
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Evidence, Purpose, SpanKind, Status

_STATUS = {Outcome.FINE: Status.OK, Outcome.FAILED: Status.ERROR, Outcome.REJECTED: Status.CANCELLED}


@dataclass(slots=True)
class _Execution:
    key: str
    lane: str
    event: Event
    start_ns: int
    end_ns: int | None = None
    status: Status = Status.UNFINISHED


@dataclass(slots=True)
class Executions:
    """Those of one session, by the key of their action. `latest`: the span key of the last one begun."""

    latest: str | None = None
    _by_action: dict[str, _Execution] = field(default_factory=dict)
    _by_call: dict[str, str] = field(default_factory=dict)

    def begin(self, event: Event, t_ns: int, lane: str) -> str:
        """An action is handed over; its span key."""
        key = f"action:{event.key}"
        self._by_action[event.key] = _Execution(key, lane, event, t_ns)
        if event.call_id is not None:
            self._by_call[event.call_id] = event.key
        self.latest = key
        return key

    def end(self, event: Event, t_ns: int) -> str | None:
        """A result; the span key of what it is of, None where that is not known."""
        action = event.cause or self._by_call.get(event.call_id or "", "")
        return self._end(action, t_ns, _STATUS[event.outcome])

    def end_of(self, action: str, t_ns: int) -> str | None:
        """The action has its result: its span key."""
        return self._end(action, t_ns, Status.OK)

    def _end(self, action: str, t_ns: int, status: Status) -> str | None:
        found = self._by_action.get(action)
        if found is None:
            return None
        if found.end_ns is None:
            found.end_ns, found.status = max(t_ns, found.start_ns), status
        return found.key

    def hand_over(self, recorder: Recorder, session_key: str) -> None:
        """All of them to the recorder. Of several of one answer it is not known which ran when."""
        for found in self._by_action.values():
            recorder.span(
                session_key=session_key,
                span_key=found.key,
                agent_key=found.lane,
                line=found.event.line,
                kind=SpanKind.TOOL,
                purpose=Purpose.TURN,
                name=found.event.tool,
                call_id=found.event.call_id,
                start_ns=found.start_ns,
                end_ns=found.end_ns,
                start_evidence=Evidence.BOUNDED if found.event.parallel else Evidence.MEASURED,
                end_evidence=Evidence.UNKNOWN if found.end_ns is None else Evidence.MEASURED,
                status=found.status,
            )
