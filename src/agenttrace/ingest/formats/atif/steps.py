"""Steps and the calls in them, checked.

A step's `timestamp` says when the step was recorded: a model's answer was complete by then. Writers that know more put
it into `extra`: when a model or a tool was running, and as which scope of the runtime (NeMo Agent Toolkit, NeMo Relay).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agenttrace.ingest import fields

_SCOPE_WRITERS = frozenset({"nat", "nemo_relay"})
RELAY = "nemo_relay"
_SUMMARISES = ("compact", "summar")

Held = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Invocation:
    """When something ran, if both is told, and the scope that it was, if there is one."""

    start_ns: int | None = None
    end_ns: int | None = None
    scope: str | None = None
    framework: str | None = None
    failed: bool | None = None

    @property
    def is_timed(self) -> bool:
        """Whether it says when it ran."""
        return self.start_ns is not None


@dataclass(frozen=True, slots=True)
class Reference:
    """Another trajectory that ran for this step; `path`: the file that holds it."""

    trajectory_id: str | None
    session_id: str | None
    path: str | None

    @property
    def summarises(self) -> bool:
        """Whether its names say that it made a summary."""
        return any("summarization" in (name or "") for name in (self.session_id, self.path))


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call."""

    call_id: str
    name: str | None
    ran: Invocation
    answered: bool = False
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A step. `references`: those of no call."""

    number: int
    source: str | None
    t_ns: int | None
    copied: bool
    model: str | None
    metrics: Held
    model_calls: int | None
    ran: Invocation
    ancestry: Held
    context: str | None
    said: str | None = None
    calls: tuple[Call, ...] = ()
    references: tuple[Reference, ...] = ()
    observed: bool = False

    @property
    def scope(self) -> str | None:
        """A scope that it or one of its calls was."""
        return self.ran.scope or next((call.ran.scope for call in self.calls if call.ran.scope), None)

    @property
    def known_ns(self) -> int | None:
        """The last instant that it knows."""
        ends = (self.t_ns, self.ran.end_ns, *(call.ran.end_ns for call in self.calls))
        return max((at for at in ends if at is not None), default=None)

    @property
    def is_request(self) -> bool:
        """Whether a model answered. Writers that keep ancestry name the model of each answer."""
        if self.source != "agent" or self.model_calls == 0:
            return False
        return bool(self.model_calls or self.metrics or self.model or not self.ancestry)

    @property
    def summarises(self) -> bool:
        """Whether the context was replaced by a summary."""
        if self.context is not None:
            return any(word in self.context.lower() for word in _SUMMARISES)
        return self.source == "system" and any(one.summarises for one in self.references)


def objects(value: Any) -> list[Held]:
    """The objects of a list; none where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def read_steps(held: Any) -> list[Step]:
    """The steps of a trajectory, in their order; `number` is their place, which `step_id` has to be as well."""
    items = enumerate(held, start=1) if isinstance(held, list) else ()
    return [_step(step, number) for number, step in items if isinstance(step, dict)]


def _step(held: Held, place: int) -> Step:
    extra = _object(held.get("extra"))
    results = objects(_object(held.get("observation")).get("results"))
    ancestry = _object(extra.get("ancestry"))
    message = held.get("message")
    calls = tuple(_calls(held, extra, results))
    known = {call.call_id for call in calls}
    others = [one for one in results if fields.text(one.get("source_call_id")) not in known]
    return Step(
        number=place,
        source=fields.text(held.get("source")),
        t_ns=fields.instant_from_iso(held.get("timestamp")),
        copied=held.get("is_copied_context") is True,
        model=fields.text(held.get("model_name")),
        metrics=_object(held.get("metrics")),
        model_calls=fields.small_count(held.get("llm_call_count")),
        ran=_invocation(_object(extra.get("invocation")), ancestry),
        ancestry=ancestry,
        context=fields.text(_object(extra.get("context_management")).get("type")),
        said=message if isinstance(message, str) else None,
        calls=calls,
        references=tuple(ref for one in others for ref in _references(one)),
        observed=bool(results),
    )


def _calls(held: Held, extra: Held, results: list[Held]) -> Iterator[Call]:
    """Relay keeps what it knows of calls beside them, in their order."""
    beside = extra.get("tool_invocations"), extra.get("tool_ancestry")
    used: set[str] = set()
    for place, call in enumerate(objects(held.get("tool_calls"))):
        call_id = fields.text(call.get("tool_call_id")) or f"call {place + 1}"
        own = _object(call.get("extra"))
        ran, ancestry = (_object(own.get(name)) for name in ("invocation", "ancestry"))
        name = fields.text(call.get("function_name"))
        answers = [one for one in results if fields.text(one.get("source_call_id")) == call_id]
        for_all = any(one.get("source_call_id") is None for one in results)
        yield Call(
            call_id=f"{call_id}#{place + 1}" if call_id in used else call_id,
            name=name,
            ran=_invocation(ran or _at(beside[0], place), ancestry or _at(beside[1], place), name),
            answered=bool(answers) or for_all,
            references=tuple(ref for one in answers for ref in _references(one)),
        )
        used.add(call_id)


def _invocation(held: Held, ancestry: Held, name: str | None = None) -> Invocation:
    """`name`: of a call, whose scope is told by its ancestry if that is of this name."""
    framework = fields.text(held.get("framework"))
    start_ns = fields.instant_from_s(held.get("start_timestamp"))
    end_ns = fields.instant_from_s(held.get("end_timestamp"))
    timed = start_ns is not None and end_ns is not None and start_ns <= end_ns
    scope = fields.text(ancestry.get("function_id"))
    own = ancestry.get("function_name") == name if name else held.get("invocation_id") == scope
    status = held.get("status")
    return Invocation(
        start_ns=start_ns if timed else None,
        end_ns=end_ns if timed else None,
        scope=scope if framework in _SCOPE_WRITERS and own else None,
        framework=framework,
        failed=status in ("error", "failed") if isinstance(status, str) else None,
    )


def _references(result: Held) -> Iterator[Reference]:
    held = result.get("subagent_trajectory_ref")
    for one in [held] if isinstance(held, dict) else objects(held):
        found = Reference(
            *(fields.text(one.get(n)) for n in ("trajectory_id", "session_id", "trajectory_path"))
        )
        if found != Reference(None, None, None):
            yield found


def _at(held: Any, place: int) -> Held:
    return _object(held[place]) if isinstance(held, list) and place < len(held) else {}


def _object(value: Any) -> Held:
    return value if isinstance(value, dict) else {}
