"""Tools of opencode 2: parts of an answer, with when the call began to arrive, when it ran, and when it returned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.opencode.place import Place
from agenttrace.ingest.formats.opencode.sessions import session_key
from agenttrace.model.vocabulary import Evidence, MarkKind, Purpose, Severity, SpanKind, Status

_STATUS = {"completed": Status.OK, "error": Status.ERROR}


@dataclass(frozen=True, slots=True)
class Call:
    """A call as its part has it. `ran_ns`: None where it never ran."""

    key: str
    call_id: str | None
    name: str | None
    state: Mapping[str, Any]
    created_ns: int | None
    ran_ns: int | None
    completed_ns: int | None

    @property
    def error(self) -> str | None:
        """What kind of error ended it."""
        error = self.state.get("error")
        return fields.text(error.get("type")) if isinstance(error, dict) else None


def read_calls(place: Place, answer_key: str, content: Sequence[Mapping[str, Any]], line: int) -> list[Call]:
    """The calls of an answer, in their order."""
    calls = []
    for number, part in enumerate(content):
        kind = part.get("type")
        if kind == "tool":
            calls.append(_read(place, answer_key, number, part, line))
        elif kind not in ("text", "reasoning"):
            what = "a part of an answer of a kind that is not known: left out"
            place.reader.recorder.finding("unknown_record", Severity.WARNING, what, line=line)
    return calls


def _read(place: Place, answer_key: str, number: int, part: Mapping[str, Any], line: int) -> Call:
    take, times = place.reader.take, place.reader.inner(part, "time", line)
    return Call(
        key=f"tool:{answer_key}:{number}",
        call_id=take(part, "id", fields.text, line),
        name=take(part, "name", fields.text, line),
        state=place.reader.inner(part, "state", line),
        created_ns=take(times, "created", fields.instant_from_ms, line),
        ran_ns=_ran(place, part, times, line),
        completed_ns=take(times, "completed", fields.instant_from_ms, line),
    )


def _ran(place: Place, part: Mapping[str, Any], times: Mapping[str, Any], line: int) -> int | None:
    """Calls that were taken over from version 1 have nothing but when they ran, as `created`."""
    name = "created" if is_taken_over(part) else "ran"
    return place.reader.take(times, name, fields.instant_from_ms, line)


def is_taken_over(part: Mapping[str, Any]) -> bool:
    """Whether version 1 wrote it: who executed it is not told then, nor when it ran apart from its start."""
    times, state = part.get("time"), part.get("state")
    own = "executed" in part or (isinstance(times, dict) and "ran" in times)
    return not own and isinstance(state, dict) and state.get("status") not in ("streaming", "pending")


def write_call(
    place: Place, answer_key: str, call: Call, request: tuple[int | None, int | None], line: int
) -> None:
    """Its span, hung on the answer that called it; the session of the subagent that it ran.

    `request`: the bounds of the answer. One that could not be run has no length, at the time of its error.
    """
    status = _STATUS.get(str(call.state.get("status")), Status.UNFINISHED)
    never_ran = call.ran_ns is None and status is not Status.UNFINISHED
    start_ns = call.completed_ns if never_ran else call.ran_ns
    place.reader.recorder.span(
        **place.keys,
        **place.bounds(start_ns, call.completed_ns, Evidence.MEASURED, line),
        span_key=call.key,
        line=line,
        kind=SpanKind.TOOL,
        purpose=Purpose.TURN,
        name=call.name,
        call_id=call.call_id,
        status=Status.CANCELLED if call.error == "aborted" else status,
        error=call.error,
    )
    _hang(place, answer_key, call.key, start_ns, request)
    _spawn(place, call, line)


def _hang(
    place: Place, answer_key: str, key: str, at_ns: int | None, request: tuple[int | None, int | None]
) -> None:
    """A call hangs on the instant of the answer at which it ran, or on its end."""
    start_ns, end_ns = request
    if at_ns is None or start_ns is None or end_ns is None or not start_ns <= at_ns <= end_ns:
        place.feeds(answer_key, key, "tool-call", None)
        return
    place.feeds(answer_key, key, "tool-call", at_ns if at_ns < end_ns else None)
    place.reader.recorder.mark(
        session_key=place.keys["session_key"],
        span_key=answer_key,
        kind=MarkKind.TOOL_CALL,
        t_ns=at_ns,
        evidence=Evidence.MEASURED,
        refers_to_key=key,
    )


def _spawn(place: Place, call: Call, line: int) -> None:
    """A subagent's tool keeps the id of the session that it ran; one that is still running is not waited for."""
    metadata = place.reader.inner(call.state, "metadata", line)
    found = metadata.get("sessionID", metadata.get("sessionId"))
    child = found if isinstance(found, str) and found.startswith("ses_") else None
    if child is None or child == place.session_id:
        return
    background = call.state.get("status") == "completed" and metadata.get("status") == "running"
    place.reader.recorder.same_session(session_key(place.session_id), session_key(child))
    place.reader.recorder.agent(
        session_key=session_key(place.session_id),
        agent_key=child,
        parent_agent_key=place.session_id,
        main=False,
        source_id=child,
        spawn_key=call.key,
        background=True if background else None,
    )
