"""Rows of a session: steps are requests, actions and their observations are tools, delegates are agents."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from agenttrace.ingest.cause import Cause, link_call, link_results
from agenttrace.ingest.formats.openhands.events import Event, Kind
from agenttrace.ingest.formats.openhands.executions import Executions
from agenttrace.ingest.formats.openhands.metrics import Metrics, between, from_totals
from agenttrace.ingest.formats.openhands.zone import offset_ns
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.usage import Tokens, from_usage
from agenttrace.model.vocabulary import (
    Evidence,
    LinkKind,
    Purpose,
    Severity,
    SpanKind,
    Status,
    TokenQuality,
)

_ONE_AT_A_TIME = 0.9
_ASKING, _ANSWERED = "awaiting_user_confirmation", frozenset({"user_confirmed", "user_rejected"})


def write_session(
    events: Sequence[Event],
    metrics: Metrics,
    recorder: Recorder,
    session_id: str | None = None,
    task_id: str | None = None,
) -> None:
    """All rows. Events come in their order; a session is known by the time of its first one, and by its task."""
    first_ns = next((event.local_ns for event in events if event.local_ns is not None), None)
    if first_ns is None:
        what = "no event with a time"
        recorder.finding("no_time", Severity.WARNING, what)
        return
    zone_ns = offset_ns(events, recorder)
    began = datetime.fromtimestamp(first_ns // 10**9, UTC).strftime("%Y-%m-%dT%H-%M-%S")
    key = f"openhands:{began}.{first_ns % 10**9 // 1000:06d}"
    if task_id is not None:
        key = f"{key}:{task_id}"
        recorder.session(session_key=key, task_id=task_id)
    rows = _Rows(recorder, key, metrics, session_id)
    recorder.agent(session_key=rows.session_key, agent_key=rows.lane.key, main=True)
    for event in events:
        if event.local_ns is None:
            what = "an event without a time: left out"
            recorder.finding("no_time", Severity.WARNING, what, line=event.line)
        else:
            rows.take(event, event.local_ns - zone_ns)
    rows.finish()


@dataclass(slots=True)
class _Lane:
    key: str
    cause: Cause = field(default_factory=Cause)
    compaction: str | None = None


@dataclass(slots=True)
class _Rows:
    recorder: Recorder
    session_key: str
    metrics: Metrics
    session_id: str | None
    lanes: list[_Lane] = field(default_factory=lambda: [_Lane("main")])
    requests: dict[str, str] = field(default_factory=dict)
    total: Tokens | None = None
    asking_ns: int | None = None
    fingerprint: str | None = None
    executions: Executions = field(default_factory=Executions)

    @property
    def lane(self) -> _Lane:
        """That of the agent at work: a delegate's, while there is one."""
        return self.lanes[-1]

    def take(self, event: Event, t_ns: int) -> None:
        """One event, in its order."""
        taking = {
            Kind.USER: self._user,
            Kind.STEP: self._step,
            Kind.RESULT: self._result,
            Kind.DELEGATE_END: self._end_delegate,
            Kind.CONDENSED: self._condensation,
            Kind.STATE: self._state,
            Kind.READY: self._ready,
            Kind.ERROR: self._error,
        }
        if (take := taking.get(event.kind)) is not None:
            take(event, t_ns)

    def finish(self) -> None:
        """What was begun and has no end; and the session."""
        self.executions.hand_over(self.recorder, self.session_key)
        self.recorder.session(
            session_key=self.session_key,
            source_id=self.session_id,
            first_prompt_fingerprint=self.fingerprint,
        )

    def _user(self, event: Event, t_ns: int) -> None:
        self.lane.cause.ask(t_ns)
        if self.fingerprint is None and event.said:
            self.fingerprint = hashlib.sha256(event.said.encode(errors="replace")).hexdigest()

    def _ready(self, _: Event, t_ns: int) -> None:
        self.lane.cause.reach(t_ns)

    def _error(self, event: Event, _: int) -> None:
        what = "an error of the agent: what it ended is not stated"
        self.recorder.finding("error_message", Severity.INFO, what, line=event.line)

    def _step(self, event: Event, t_ns: int) -> None:
        """Several actions of one answer are handed over one by one: the first tells when it was complete."""
        key, earlier = self.requests.get(event.response_id or ""), self.lane.cause.results[-1:]
        if key is None:
            key = f"response:{event.response_id}" if event.response_id else f"event:{event.key}"
            self.requests[event.response_id or key] = key
            self._request(event, key, t_ns)
            earlier = []
        if event.tool is None:
            return
        tool_key = self.executions.begin(event, t_ns, self.lane.key)
        self._follow(earlier, tool_key)
        link_call(self.recorder, self.session_key, key, tool_key, "tool_call")
        if event.tool == "delegate":
            lane = _Lane(f"delegate:{event.key}")
            self.recorder.agent(
                session_key=self.session_key,
                agent_key=lane.key,
                parent_agent_key=self.lane.key,
                main=False,
                name=event.agent,
                type=event.agent,
                background=False,
                spawn_key=tool_key,
            )
            lane.cause.reach(t_ns)
            self.lanes.append(lane)

    def _follow(self, earlier: Sequence[str], tool_key: str) -> None:
        """The stream hands over the next action of an answer when it has the result of the one before."""
        for before in earlier:
            self.recorder.link(
                session_key=self.session_key,
                from_key=before,
                to_key=tool_key,
                kind=LinkKind.FEEDS,
                explicit=False,
                rule="one action at a time",
                confidence=_ONE_AT_A_TIME,
            )

    def _request(self, event: Event, key: str, t_ns: int) -> None:
        cause, latency_ns = self.lane.cause, self.metrics.latency_ns.get(event.response_id or "")
        start_ns, evidence = cause.start_before(t_ns)
        if latency_ns is not None:
            start_ns, evidence = t_ns - latency_ns, Evidence.DERIVED
        tokens = self._tokens(event)
        self.recorder.span(
            session_key=self.session_key,
            span_key=key,
            agent_key=self.lane.key,
            line=event.line,
            kind=SpanKind.REQUEST,
            purpose=Purpose.TURN,
            start_ns=start_ns,
            end_ns=t_ns,
            start_evidence=evidence,
            end_evidence=Evidence.MEASURED,
            status=Status.OK,
            model=event.model or self.metrics.models.get(event.response_id or ""),
            request_id=event.response_id,
            trigger=cause.trigger,
            input_tokens=tokens.given,
            cache_read_tokens=tokens.read,
            cache_write_tokens=tokens.written,
            output_tokens=tokens.output,
            reasoning_tokens=tokens.reasoning,
            output_quality=TokenQuality.FINAL if tokens.output is not None else None,
        )
        link_results(self.recorder, self.session_key, cause.results, key, "cause")
        if self.lane.compaction is not None:
            self._continue(self.lane.compaction, key)
        cause.answered(t_ns)

    def _tokens(self, event: Event) -> Tokens:
        """Its own usage; else what was added to the total, if nothing else was: a condensation has its own."""
        before, self.total = self.total, from_totals(event.total) if event.total else self.total
        if event.usage:
            return from_usage(event.usage)
        known = self.metrics.tokens.get(event.response_id or "")
        if known is None and event.total and self.total and self.lane.compaction is None:
            known = between(before or Tokens(), self.total)
        return known or Tokens()

    def _result(self, event: Event, t_ns: int) -> None:
        key = self.executions.end(event, t_ns)
        if key is None:
            what = "a result whose action is not in the file"
            self.recorder.finding("stray_result", Severity.INFO, what, line=event.line)
        self.lane.cause.result(t_ns, key)

    def _end_delegate(self, event: Event, t_ns: int) -> None:
        if len(self.lanes) == 1:
            what = "a result whose action is not in the file"
            self.recorder.finding("stray_result", Severity.INFO, what, line=event.line)
            return
        ended = self.lanes.pop()
        self.lane.cause.result(t_ns, self.executions.end_of(ended.key.removeprefix("delegate:"), t_ns))

    def _condensation(self, event: Event, t_ns: int) -> None:
        """One without a summary only drops events: that takes no request."""
        key = f"condensation:{event.key}"
        start_ns, evidence = self.lane.cause.start_before(t_ns)
        if not event.summarised:
            start_ns, evidence = t_ns, Evidence.MEASURED
        self.recorder.span(
            session_key=self.session_key,
            span_key=key,
            agent_key=self.lane.key,
            line=event.line,
            kind=SpanKind.COMPACTION,
            purpose=Purpose.COMPACTION,
            start_ns=start_ns,
            end_ns=t_ns,
            start_evidence=evidence,
            end_evidence=Evidence.MEASURED,
        )
        self.lane.cause.reach(t_ns)
        self.lane.compaction = key

    def _continue(self, compaction_key: str, key: str) -> None:
        self.recorder.link(
            session_key=self.session_key,
            from_key=compaction_key,
            to_key=key,
            kind=LinkKind.CONTINUES,
            explicit=True,
            rule="condensation",
        )
        self.lane.compaction = None

    def _state(self, event: Event, t_ns: int) -> None:
        """Between asking for a confirmation and the answer, the action that waits for it does not run."""
        if event.state == _ASKING:
            self.asking_ns = t_ns
        elif event.state in _ANSWERED and self.asking_ns is not None:
            self.recorder.span(
                session_key=self.session_key,
                span_key=f"confirmation:{event.key}",
                parent_key=self.executions.latest,
                agent_key=self.lane.key,
                line=event.line,
                kind=SpanKind.USER_WAIT,
                purpose=Purpose.TURN,
                start_ns=self.asking_ns,
                end_ns=t_ns,
                start_evidence=Evidence.MEASURED,
                end_evidence=Evidence.MEASURED,
            )
            self.asking_ns = None
