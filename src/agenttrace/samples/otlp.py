"""A story as OTLP/JSON lines: the spans of Claude Code's enhanced telemetry, then its log records.

One trace for each prompt. A subagent's spans hang under the tool call that started it, and those of a
background agent outlive that call, as the real ones do. The per-request log records, which would say again
what the spans say, are left out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agenttrace.samples.claude_records import stamp
from agenttrace.samples.identifiers import Identifiers
from agenttrace.samples.story import EPOCH_NS, MAIN_TYPE, MILLISECOND, MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agenttrace.samples.story import Agent, Interaction, Request, Story, ToolCall

Record = dict[str, object]
Value = str | int | bool | list[str]

_VERSION = "2.1.285"
_SCOPE = "com.anthropic.claude_code"


@dataclass(frozen=True, slots=True)
class _Parent:
    """Where the next span belongs."""

    trace_id: str
    span_id: str | None
    agent: Agent
    ids: Identifiers
    session_id: str


def otlp_file(story: Story) -> bytes:
    """Two lines: all spans by their end, all log records by their time."""
    resource: Record = {
        "attributes": _attributes({"service.name": "claude-code", "service.version": _VERSION}),
        "droppedAttributesCount": 0,
    }
    spans = sorted(_spans(story), key=lambda span: int(str(span["endTimeUnixNano"])))
    traces = {
        "resource": resource,
        "scopeSpans": [{"scope": {"name": f"{_SCOPE}.tracing", "version": "1.0.0"}, "spans": spans}],
    }
    records = sorted(_events(story), key=lambda event: event[0])
    logs = {
        "resource": resource,
        "scopeLogs": [
            {
                "scope": {"name": f"{_SCOPE}.events", "version": _VERSION},
                "logRecords": [
                    _log(story, number, t_ns, name, values)
                    for number, (t_ns, name, values) in enumerate(records)
                ],
            }
        ],
    }
    documents: list[Record] = [{"resourceSpans": [traces]}, {"resourceLogs": [logs]}]
    return b"".join(json.dumps(each, separators=(",", ":")).encode() + b"\n" for each in documents)


def _spans(story: Story) -> Iterator[Record]:
    ids = Identifiers(f"{story.session_id}/spans")
    for interaction in story.interactions:
        trace = _Parent(ids.hexadecimal(32), None, story.main, ids, story.session_id)
        root, span = _open(
            trace,
            "interaction",
            (interaction.prompt_ns, interaction.end_ns),
            {
                "user_prompt_length": len(f"Synthetic prompt {interaction.sequence}"),
                "interaction.sequence": interaction.sequence,
                "parent.source": "none",
                "interaction.duration_ms": _ms(interaction.end_ns - interaction.prompt_ns),
            },
        )
        yield span
        for request in story.main.requests:
            if interaction.prompt_ns <= request.start_ns < interaction.end_ns:
                yield from _request_spans(root, request)


def _request_spans(parent: _Parent, request: Request) -> Iterator[Record]:
    span = _open(parent, "llm_request", (request.sent_ns, request.end_ns), _request_values(parent, request))[
        1
    ]
    yield span | {"events": [_attempt(request, number, t_ns) for number, t_ns in _attempts(request)]}
    for tool in request.tools:
        yield from _tool_spans(parent, tool)


def _attempts(request: Request) -> list[tuple[int, int]]:
    starts = [request.failed.start_ns] if request.failed else []
    return list(enumerate([*starts, request.start_ns], start=1))


def _attempt(request: Request, number: int, t_ns: int) -> Record:
    return {
        "attributes": _attributes({"attempt": number, "client_request_id": request.client_request_id}),
        "name": "gen_ai.request.attempt",
        "timeUnixNano": _time(t_ns),
        "droppedAttributesCount": 0,
    }


def _request_values(parent: _Parent, request: Request) -> dict[str, Value]:
    agent, stop = parent.agent, "tool_use" if request.tools else "end_turn"
    nested = agent.parent_id if agent.depth > 1 else None
    lane: dict[str, Value] = {"agent_id": agent.agent_id} if agent.parent_id else {}
    if nested:
        lane["parent_agent_id"] = nested
    source = "compact" if request.compacts else _source(agent)
    return lane | {
        "model": MODEL,
        "gen_ai.system": "anthropic",
        "gen_ai.request.model": MODEL,
        "llm_request.context": "tool" if agent.parent_id else "interaction",
        "speed": "normal",
        "query_source": source,
        "query_source_safe": source,
        "duration_ms": _ms(request.end_ns - request.sent_ns),
        "input_tokens": request.uncached_tail_tokens,
        "output_tokens": request.output_tokens,
        "cache_read_tokens": request.cache_read_tokens,
        "cache_creation_tokens": request.cache_write_tokens,
        "success": True,
        "attempt": len(_attempts(request)),
        "request_id": request.request_id,
        "gen_ai.response.id": request.request_id,
        "client_request_id": request.client_request_id,
        "ttft_ms": _ms(request.first_token_ns - request.start_ns),
        "stop_reason": stop,
        "gen_ai.response.finish_reasons": [stop],
    }


def _source(agent: Agent) -> str:
    return "repl_main_thread" if agent.agent_type == MAIN_TYPE else f"agent:builtin:{agent.agent_type}"


def _tool_spans(parent: _Parent, tool: ToolCall) -> Iterator[Record]:
    identity: dict[str, Value] = {"tool_use_id": tool.call_id, "gen_ai.tool.call.id": tool.call_id}
    values: dict[str, Value] = {"tool_name": tool.name, "tool_name_safe": tool.name, **identity}
    if tool.child:
        values["subagent_type"] = tool.child.agent_type
    values |= {"duration_ms": _ms(tool.end_ns - tool.asked_ns), "result_tokens": tool.result_tokens}
    inside, span = _open(parent, "tool", (tool.asked_ns, tool.end_ns), values)
    yield span
    yield _open(
        inside,
        "tool.blocked_on_user",
        (tool.asked_ns, tool.start_ns),
        {
            "duration_ms": _ms(tool.start_ns - tool.asked_ns),
            "decision": "accept",
            "source": "user_temporary" if tool.asks_user else "config",
        },
    )[1]
    ran: dict[str, Value] = {"duration_ms": _ms(tool.duration_ns), "success": not tool.failed}
    execution = _open(inside, "tool.execution", (tool.start_ns, tool.end_ns), identity | ran)[1]
    yield execution | ({"status": {"code": 2, "message": "Exit code 1"}} if tool.failed else {})
    if tool.child:
        for request in tool.child.requests:
            yield from _request_spans(replace(inside, agent=tool.child), request)


def _open(
    parent: _Parent, kind: str, bounds: tuple[int, int], values: Mapping[str, Value]
) -> tuple[_Parent, Record]:
    """A span, and the place that spans below it belong to."""
    span_id = parent.ids.hexadecimal(16)
    common: dict[str, Value] = {"session.id": parent.session_id, "terminal.type": "xterm", "span.type": kind}
    link: Record = {"parentSpanId": parent.span_id} if parent.span_id else {}
    span: Record = {"traceId": parent.trace_id, "spanId": span_id} | link
    span |= {
        "name": f"claude_code.{kind}",
        "kind": 1,
        "startTimeUnixNano": _time(bounds[0]),
        "endTimeUnixNano": _time(bounds[1]),
        "attributes": _attributes(common | dict(values)),
        "droppedAttributesCount": 0,
        "events": [],
        "droppedEventsCount": 0,
        "status": {"code": 0},
        "links": [],
        "droppedLinksCount": 0,
        "flags": 257,
    }
    return replace(parent, span_id=span_id), span


def _events(story: Story) -> Iterator[tuple[int, str, dict[str, Value]]]:
    """Numbers are strings in these records, as the program writes them."""
    for interaction in story.interactions:
        length = len(f"Synthetic prompt {interaction.sequence}")
        yield interaction.prompt_ns, "user_prompt", {"prompt_length": str(length)}
    for compaction in story.compactions:
        values: dict[str, Value] = {
            "trigger": "auto",
            "success": "true",
            "duration_ms": str(_ms(compaction.end_ns - compaction.start_ns)),
            "pre_tokens": str(compaction.tokens_before),
            "post_tokens": str(compaction.tokens_after),
        }
        yield compaction.end_ns, "compaction", values
    for request in story.requests:
        for tool in request.tools:
            yield from _tool_events(tool)


def _tool_events(tool: ToolCall) -> Iterator[tuple[int, str, dict[str, Value]]]:
    if tool.asks_user:
        decision: dict[str, Value] = {
            "tool_name": tool.name,
            "tool_use_id": tool.call_id,
            "decision": "accept",
            "source": "user_temporary",
        }
        yield tool.start_ns, "tool_decision", decision
    if tool.child:
        last = tool.child.requests[-1]
        completed: dict[str, Value] = {
            "agent_type": tool.child.agent_type,
            "duration_ms": str(_ms(tool.child.end_ns - tool.child.start_ns)),
            "total_tokens": str(last.input_tokens + last.output_tokens),
            "total_tool_uses": str(tool.child.tool_calls),
            "is_async": str(tool.background).lower(),
            "model": MODEL,
        }
        yield tool.child.end_ns, "subagent_completed", completed


def _log(story: Story, number: int, t_ns: int, name: str, values: Mapping[str, Value]) -> Record:
    interaction: Interaction = story.interaction_at(t_ns)
    common: dict[str, Value] = {
        "session.id": story.session_id,
        "terminal.type": "xterm",
        "event.name": name,
        "event.timestamp": stamp(t_ns),
        "event.sequence": number,
        "prompt.id": interaction.prompt_id,
    }
    return {
        "timeUnixNano": _time(t_ns),
        "observedTimeUnixNano": _time(t_ns),
        "body": {"stringValue": f"claude_code.{name}"},
        "attributes": _attributes(common | dict(values)),
        "droppedAttributesCount": 0,
    }


def _attributes(values: Mapping[str, Value]) -> list[Record]:
    return [{"key": key, "value": _value(value)} for key, value in values.items()]


def _value(value: Value) -> Record:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": value}
    if isinstance(value, str):
        return {"stringValue": value}
    return {"arrayValue": {"values": [{"stringValue": each} for each in value]}}


def _time(t_ns: int) -> str:
    return str(EPOCH_NS + t_ns)


def _ms(duration_ns: int) -> int:
    return round(duration_ns / MILLISECOND)
