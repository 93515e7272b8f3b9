"""From steps to spans: what one instant a step can tell of when a model and the tools were running.

Between two steps there is a model's request if a model answered, and before it the tools that the answer before had
called. Where the writer states when they ran, that is taken. Where only a model ran, it had the time between, at the
most. Where both ran and nobody says when, the time between is of unknown phase, and both stand in it without a length.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agenttrace.ingest.formats.atif.documents import Trajectory
from agenttrace.ingest.formats.atif.family import Family
from agenttrace.ingest.formats.atif.rows import Interval, Rows
from agenttrace.ingest.formats.atif.steps import Call, Step
from agenttrace.model.vocabulary import Evidence, Severity, SpanKind, Trigger

UNTIMED = "a step without a timestamp: its order is told, its time is not"


@dataclass(slots=True)
class _Open:
    """A tool call whose end is not known yet; `at_ns`: when it was called."""

    step: Step
    call: Call
    at_ns: int


@dataclass(slots=True)
class Walk:
    """One trajectory being walked.

    `at_ns`: the last instant that a step told; `busy_ns`: until when tools ran; `acted`: the program did something
    for the step before, which was no call; `asked`: a person spoke since; `answered`: a model did before.
    """

    trajectory: Trajectory
    family: Family
    rows: Rows
    at_ns: int | None = None
    busy_ns: int | None = None
    open: list[_Open] = field(default_factory=list)
    acted: bool = False
    asked: bool = False
    answered: bool = False

    def walk(self) -> None:
        """All steps but those that are repeated from another trajectory."""
        self.at_ns = self.trajectory.spawned_ns
        for step in self.trajectory.new_steps:
            if step.known_ns is None:
                self.rows.note("step_without_time", Severity.WARNING, UNTIMED)
                continue
            if step.source == "agent":
                self._take_agent(step)
            else:
                self._take_other(step)
            self._advance(step.t_ns)
        self._close(None, None)

    def _advance(self, t_ns: int | None) -> None:
        if t_ns is None:
            return
        if self.at_ns is not None and t_ns < self.at_ns:
            what = "a step before the one that precedes it: taken as of no length"
            self.rows.note("time_goes_back", Severity.INFO, what)
            return
        self.at_ns = t_ns

    def _lower(self, step: Step) -> int | None:
        """The earliest that what ended with this step can have begun."""
        known = [at for at in (self.at_ns, self.busy_ns) if at is not None]
        lower_ns = max(known, default=step.t_ns)
        return lower_ns if step.t_ns is None or lower_ns is None else min(lower_ns, step.t_ns)

    # What a person or the program said

    def _take_other(self, step: Step) -> None:
        if step.t_ns is not None:
            self._pass_time(step, step.t_ns)
        self.asked |= step.source == "user" and not self.trajectory.scoped
        if step.summarises or step.references:
            self._take_system(step)
        elif step.ran.is_timed and step.ran.scope and step.ran.start_ns != step.ran.end_ns:
            self.rows.scope(step, SpanKind.OTHER)

    def _pass_time(self, step: Step, t_ns: int) -> None:
        """Up to what was said, tools may have run, or a person was waited for, if there is one."""
        lower_ns = self._lower(step)
        if lower_ns is not None and lower_ns < t_ns and self._has_endless():
            key = self.rows.mixed(step, Interval(lower_ns, t_ns))
            self._close(None, key, t_ns)
        else:
            self._close(lower_ns, None)
            lower_ns = self._lower(step)
            person = step.source == "user" and self.answered and not self.trajectory.scoped
            if person and lower_ns is not None and lower_ns < t_ns:
                self.rows.wait(step, Interval(lower_ns, t_ns))
        self.acted = False

    def _take_system(self, step: Step) -> None:
        """It ended with the last of the trajectories that it is about, if they are there; else by the step."""
        lower_ns = self._lower(step)
        made = self.family.resolved(self.trajectory, step.references)
        lasts = [child.last_ns for child in made if child.last_ns is not None]
        end_ns = max(lasts) if lasts and (step.t_ns is None or max(lasts) <= step.t_ns) else step.t_ns
        start_ns = min(lower_ns, end_ns) if lower_ns is not None and end_ns is not None else end_ns
        self.rows.system(step, Interval(start_ns, end_ns))
        self.asked = self.answered = False

    # What the agent said

    def _take_agent(self, step: Step) -> None:
        is_request = step.is_request and (step.t_ns is not None or step.ran.is_timed)
        if is_request:
            self._take_request(step)
        elif step.is_request:
            self.rows.note("step_without_time", Severity.WARNING, UNTIMED)
        else:
            self._close(step.t_ns, None)
            if step.ran.is_timed and step.ran.scope and step.ancestry.get("parent_id") is None:
                self.rows.scope(step, SpanKind.AGENT)
        self._take_calls(step, linked=is_request)

    def _take_request(self, step: Step) -> None:
        if step.ran.is_timed:
            self._close(step.ran.start_ns, None)
            when = Interval(step.ran.start_ns, step.ran.end_ns, Evidence.MEASURED)
            self.rows.request(step, when, self._trigger, None)
        elif step.t_ns is not None:
            self._take_untimed(step, step.t_ns)
        if (step.model_calls or 0) > 1:
            what = "a step that stands for several model calls: one request"
            self.rows.note("aggregated_step", Severity.WARNING, what)
        self.asked = False
        self.answered = True

    def _take_untimed(self, step: Step, t_ns: int) -> None:
        lower_ns = self._lower(step)
        late = self.trajectory.stamped_late and bool(step.calls or step.observed)
        mixed = late or self.acted or self._has_endless()
        if not mixed or lower_ns is None or lower_ns == t_ns:
            self._close(lower_ns, None)
            self.rows.request(step, Interval(self._lower(step), t_ns), self._trigger, None)
            return
        key = self.rows.mixed(step, Interval(lower_ns, t_ns))
        self._close(None, key, t_ns)
        at_ns = lower_ns if late else t_ns
        self.rows.request(step, Interval(at_ns, at_ns), self._trigger, key)

    @property
    def _trigger(self) -> Trigger | None:
        if self.asked:
            return Trigger.USER_MESSAGE
        return Trigger.TOOL_RESULT if self.answered else None

    # Tools

    def _take_calls(self, step: Step, *, linked: bool) -> None:
        self.acted = step.observed and not step.calls and not self.trajectory.stamped_late
        for call in step.calls:
            if linked and _is_around(call, step):
                self.rows.around(step, call)
                continue
            if linked:
                self.rows.link(step, call)
            if call.ran.is_timed:
                when = Interval(call.ran.start_ns, call.ran.end_ns, Evidence.MEASURED)
                self.rows.call(step, call, when, None)
                self._note_busy(call.ran.end_ns)
            elif step.known_ns is not None:
                at_ns = step.t_ns if step.t_ns is not None else step.known_ns
                self.open.append(_Open(step, call, at_ns))
        if self.trajectory.stamped_late:
            self._close(step.t_ns, None)

    def _has_endless(self) -> bool:
        """Whether a call is open of which nobody knows when it ended."""
        return any(not self._children(one.call) for one in self.open)

    def _children(self, call: Call) -> list[int]:
        """When the subagents of a call ended, those that this file holds."""
        found = self.family.resolved(self.trajectory, call.references)
        return [child.last_ns for child in found if child.last_ns is not None]

    def _close(self, end_ns: int | None, parent_key: str | None, latest_ns: int | None = None) -> None:
        """The open calls ended by `end_ns`, or some time before `latest_ns`, or nobody knows when.

        Subagents that are in other files take a call to `latest_ns`: their work has to have room in it.
        """
        for one in self.open:
            last_ns = max(self._children(one.call), default=None)
            until_ns = last_ns if last_ns is not None else end_ns
            if until_ns is None and one.call.references:
                until_ns = latest_ns
            until_ns = max(one.at_ns, until_ns if until_ns is not None else one.at_ns)
            self.rows.call(one.step, one.call, Interval(one.at_ns, until_ns), parent_key)
            if last_ns is not None:
                self._note_busy(until_ns)
        self.open = []

    def _note_busy(self, end_ns: int | None) -> None:
        if end_ns is not None:
            self.busy_ns = end_ns if self.busy_ns is None else max(self.busy_ns, end_ns)


def _is_around(call: Call, step: Step) -> bool:
    """Whether it ran before the model did that is said to have made it: a part of the program, around the answer.

    NeMo Agent Toolkit lists the functions of its frameworks among the calls.
    """
    began_ns, asked_ns = call.ran.start_ns, step.ran.start_ns
    return began_ns is not None and asked_ns is not None and began_ns < asked_ns
