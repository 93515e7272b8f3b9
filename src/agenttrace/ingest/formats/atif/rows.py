"""The rows of a trajectory: all of its spans are of one lane, and most of their ends are bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.atif.documents import Trajectory
from agenttrace.ingest.formats.atif.keys import call_key, step_key, stretch_key
from agenttrace.ingest.formats.atif.steps import Call, Invocation, Step
from agenttrace.ingest.formats.atif.tokens import tokens_of
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.stretches import Stretch
from agenttrace.model.vocabulary import (
    Evidence,
    LinkKind,
    Phase,
    Purpose,
    Severity,
    SpanKind,
    Status,
    Trigger,
)


@dataclass(frozen=True, slots=True)
class Interval:
    """From when to when, and how well that is known."""

    start_ns: int | None
    end_ns: int | None
    evidence: Evidence = Evidence.BOUNDED


@dataclass(frozen=True, slots=True)
class Rows:
    """Writes them for one trajectory."""

    trajectory: Trajectory
    recorder: Recorder

    def note(self, code: str, severity: Severity, example: str) -> None:
        """A finding in the trajectory."""
        self.recorder.finding(code, severity, example, line=self.trajectory.line)

    def request(self, step: Step, when: Interval, trigger: Trigger | None, parent_key: str | None) -> None:
        """A model's answer."""
        self._span(
            step_key(self.trajectory, step),
            SpanKind.REQUEST,
            when,
            parent_key=parent_key,
            status=_status(step.ran, answered=True),
            model=step.model or self.trajectory.model,
            trigger=trigger,
            **tokens_of(step, self.trajectory.line, self.recorder),
        )

    def call(self, step: Step, call: Call, when: Interval, parent_key: str | None) -> None:
        """A tool call."""
        self._span(
            call_key(self.trajectory, step, call),
            SpanKind.TOOL,
            when,
            parent_key=parent_key,
            name=call.name,
            call_id=call.call_id,
            status=_status(call.ran, answered=call.answered),
        )

    def around(self, step: Step, call: Call) -> None:
        """What the program calls a tool and was around the answer: nothing waits for it that is told apart."""
        what = "a tool call that began before the model that is said to have made it: a part of the program"
        self.note("call_before_model", Severity.INFO, what)
        self._span(
            call_key(self.trajectory, step, call),
            SpanKind.OTHER,
            Interval(call.ran.start_ns, call.ran.end_ns, Evidence.MEASURED),
            name=call.name,
            own_phase=Phase.HARNESS,
            blocking=False,
        )

    def link(self, step: Step, call: Call) -> None:
        """The call hangs on the answer that made it."""
        began_ns, answered_ns = call.ran.start_ns, step.ran.end_ns
        early = began_ns is not None and answered_ns is not None and began_ns < answered_ns
        self.recorder.link(
            session_key=self.trajectory.session_key,
            from_key=step_key(self.trajectory, step),
            at_ns=began_ns if early else None,
            to_key=call_key(self.trajectory, step, call),
            kind=LinkKind.FEEDS.value,
            explicit=True,
            rule="tool_calls",
        )

    def mixed(self, step: Step, when: Interval) -> str:
        """Time that tools and others shared, nobody says how; returns its key."""
        what = "a stretch of tools and a model, or a person: how they share it is not told"
        self.note("tools_and_model_mixed", Severity.INFO, what)
        key = stretch_key(self.trajectory, step)
        self._span(key, SpanKind.OTHER, when, own_phase=Phase.UNKNOWN, name="tools or model")
        return key

    def wait(self, step: Step, when: Interval) -> None:
        """A person was waited for, until the step that the person said."""
        self._span(stretch_key(self.trajectory, step), SpanKind.USER_WAIT, when)

    def system(self, step: Step, when: Interval) -> None:
        """What the program did: replaced the context by a summary, or let others work."""
        if step.summarises:
            self._span(
                step_key(self.trajectory, step),
                SpanKind.COMPACTION,
                when,
                purpose=Purpose.COMPACTION,
                compaction_trigger=step.context,
            )
        else:
            self._span(step_key(self.trajectory, step), SpanKind.OTHER, when)

    def scope(self, step: Step, kind: SpanKind) -> None:
        """A scope that was neither a model's answer nor a tool call; one of an agent opens its own lane."""
        Stretch(
            session_key=self.trajectory.session_key,
            key=step_key(self.trajectory, step),
            kind=kind,
            line=self.trajectory.line,
            agent_key=None if kind is SpanKind.AGENT else self.trajectory.lane,
            name=fields.text(step.ancestry.get("function_name")),
            start_ns=step.ran.start_ns,
            end_ns=step.ran.end_ns,
        ).record(self.recorder)

    def _span(self, key: str, kind: SpanKind, when: Interval, **values: Any) -> None:
        purpose = Purpose.COMPACTION if self.trajectory.summarises else Purpose.TURN
        Stretch(
            session_key=self.trajectory.session_key,
            key=key,
            kind=kind,
            line=self.trajectory.line,
            agent_key=self.trajectory.lane,
            start_ns=when.start_ns,
            end_ns=when.end_ns,
            start_evidence=when.evidence,
            end_evidence=when.evidence,
            **({"purpose": purpose} | values),
        ).record(self.recorder)


def _status(ran: Invocation, *, answered: bool) -> Status | None:
    if ran.failed is not None:
        return Status.ERROR if ran.failed else Status.OK
    return Status.OK if answered else None
