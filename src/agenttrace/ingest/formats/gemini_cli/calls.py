"""Tool calls of an answer, and the subagents that some of them ran."""

from __future__ import annotations

from agenttrace.ingest.cause import Cause, link_call
from agenttrace.ingest.formats.gemini_cli.messages import Call, Message
from agenttrace.ingest.recorder import Recorder
from agenttrace.model.vocabulary import Evidence, MarkKind, Purpose, Severity, SpanKind, Status

_STATUS = {"success": Status.OK, "error": Status.ERROR, "cancelled": Status.CANCELLED}


def write_calls(
    recorder: Recorder,
    place: tuple[str, str],
    message: Message,
    request: tuple[str, int | None],
    cause: Cause,
) -> None:
    """A span for each call of the message. `place`: keys of session and lane; `request`: key and end.

    Calls run once the answer is complete. Their results are recorded together, so that the time of one that
    had company is a bound of its end.
    """
    session_key, lane = place
    request_key, answered_ns = request
    for number, call in enumerate(message.calls):
        key = f"tool:{call.id}" if call.id else f"{request_key}:tool:{number}"
        start_ns, end_ns = answered_ns, call.done_ns
        if start_ns is not None and end_ns is not None and end_ns < start_ns:
            what = "a call that was done before its answer was complete: taken as of no length"
            recorder.finding("negative_duration", Severity.WARNING, what, line=message.line)
            start_ns = end_ns
        alone = len(message.calls) == 1
        recorder.span(
            session_key=session_key,
            span_key=key,
            agent_key=lane,
            line=message.line,
            kind=SpanKind.TOOL,
            purpose=Purpose.TURN,
            name=call.name,
            call_id=call.id,
            start_ns=start_ns,
            end_ns=end_ns,
            start_evidence=Evidence.UNKNOWN if start_ns is None else Evidence.BOUNDED,
            end_evidence=_end_evidence(end_ns, alone=alone),
            status=_STATUS.get(call.status or "", Status.UNFINISHED if end_ns is None else None),
        )
        link_call(recorder, session_key, request_key, key, "toolCalls")
        _mark(recorder, session_key, request_key, call, key, answered_ns)
        _spawn(recorder, place, call, key)
        cause.result(end_ns, key)


def _end_evidence(end_ns: int | None, *, alone: bool) -> Evidence:
    if end_ns is None:
        return Evidence.UNKNOWN
    return Evidence.MEASURED if alone else Evidence.BOUNDED


def _mark(
    recorder: Recorder, session_key: str, request_key: str, call: Call, key: str, answered_ns: int | None
) -> None:
    if call.emitted_ns is None or answered_ns is None or call.emitted_ns > answered_ns:
        return
    recorder.mark(
        session_key=session_key,
        span_key=request_key,
        kind=MarkKind.TOOL_CALL,
        t_ns=call.emitted_ns,
        evidence=Evidence.MEASURED,
        refers_to_key=key,
    )


def _spawn(recorder: Recorder, place: tuple[str, str], call: Call, key: str) -> None:
    """The chat of the subagent names itself by the same id, and lies in a file of its own."""
    if call.agent_id is None:
        return
    session_key, lane = place
    recorder.same_session(session_key, f"gemini:{call.agent_id}")
    recorder.agent(
        session_key=session_key,
        agent_key=f"agent:{call.agent_id}",
        parent_agent_key=lane,
        main=False,
        source_id=call.agent_id,
        name=call.name,
        background=False,
        spawn_key=key,
    )
