"""Rows of scopes. Each is keyed by ids that it names itself, so that what is lost elsewhere does not change it."""

from __future__ import annotations

from collections.abc import Mapping

from agenttrace.ingest.formats.atof.nesting import Nesting
from agenttrace.ingest.formats.atof.scopes import Scope
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.stretches import Stretch
from agenttrace.model.vocabulary import Evidence, LinkKind, SpanKind, Status


def span_key(uuid: str) -> str:
    """Also the key by which trajectories that were made of the same events name the scope."""
    return f"scope:{uuid}"


def session_key(scope: Scope) -> str:
    """Requests hold nothing that could be told elsewhere: their scope's key is enough."""
    inside = scope.parent is not None and scope.kind is SpanKind.REQUEST
    return f"atof:{scope.parent if inside else scope.uuid}"


def write_scope(scope: Scope, nesting: Nesting, recorder: Recorder) -> None:
    """One scope as a span, a lane if it is a tool that runs an agent, and which scopes are of its session."""
    runner = nesting.runner(scope) if scope.kind is not SpanKind.AGENT else None
    Stretch(
        session_key=session_key(scope),
        key=span_key(scope.uuid),
        kind=scope.kind,
        line=scope.line,
        agent_key=_lane(runner) if runner is not None else None,
        parent_key=span_key(scope.parent) if scope.parent else None,
        purpose=nesting.purpose(scope),
        name=scope.name if scope.kind is not SpanKind.REQUEST else None,
        own_phase=nesting.own_phase(scope),
        start_ns=scope.start_ns,
        end_ns=scope.end_ns,
        status=_status(scope),
        error=scope.error if scope.failed else None,
        model=scope.model,
        call_id=scope.call_id if scope.kind is SpanKind.TOOL else None,
        first_token_ns=scope.first_chunk_ns,
        first_token_evidence=Evidence.MEASURED,
        last_token_ns=scope.last_chunk_ns,
        input_tokens=scope.tokens.input,
        cache_read_tokens=scope.tokens.cache_read,
        cache_write_tokens=scope.tokens.cache_write,
        output_tokens=scope.tokens.output,
        reasoning_tokens=scope.tokens.reasoning,
        compaction_trigger=scope.reason if scope.kind is SpanKind.COMPACTION else None,
    ).record(recorder)
    if nesting.runs_agent(scope):
        _write_agent(scope, nesting, recorder)
    _write_edges(scope, recorder)


def _write_edges(scope: Scope, recorder: Recorder) -> None:
    key = session_key(scope)
    if scope.parent is not None and scope.kind is not SpanKind.REQUEST:
        recorder.same_session(key, f"atof:{scope.parent}")
    if scope.session_id is not None:
        recorder.same_session(key, f"atof:{scope.session_id}")
    if scope.parent is None:
        recorder.session(session_key=key, source_id=scope.session_id or scope.uuid)


def _status(scope: Scope) -> Status | None:
    if not scope.ended:
        return Status.UNFINISHED
    if scope.failed is None:
        return None
    return Status.ERROR if scope.failed else Status.OK


def _lane(tool: Scope) -> str:
    return f"atof:agent:{tool.uuid}"


def _write_agent(tool: Scope, nesting: Nesting, recorder: Recorder) -> None:
    outer = nesting.runner(tool)
    recorder.agent(
        session_key=session_key(tool),
        agent_key=_lane(tool),
        parent_agent_key=_lane(outer) if outer is not None else None,
        main=False,
        name=tool.name,
        spawn_key=span_key(tool.uuid),
    )


def write_calls(scopes: Mapping[str, Scope], recorder: Recorder) -> None:
    """Links from a request to the tools that ran its calls, told by the ids that both have."""
    tools: dict[str, list[Scope]] = {}
    for scope in scopes.values():
        if scope.call_id is not None and scope.kind is not SpanKind.REQUEST:
            tools.setdefault(scope.call_id, []).append(scope)
    for request in scopes.values():
        for call_id in request.calls:
            known = tools.get(call_id, [])
            beside = [tool for tool in known if tool.parent == request.parent]
            for tool in beside or (known if len(known) == 1 else []):
                _link(request, tool, recorder)


def _link(request: Scope, tool: Scope, recorder: Recorder) -> None:
    early = tool.start_ns is not None and request.end_ns is not None and tool.start_ns < request.end_ns
    recorder.link(
        session_key=session_key(request),
        from_key=span_key(request.uuid),
        at_ns=tool.start_ns if early else None,
        to_key=span_key(tool.uuid),
        kind=LinkKind.FEEDS.value,
        explicit=True,
        rule="tool_call_id",
    )
