"""One span of the SDK, as a span of the dialect layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.ingest.telemetry.plain import FAILED, PlainSpan
from agenttrace.ingest.telemetry.values import Scalar

_NAMED = frozenset({"agent", "function", "guardrail", "custom"})


def kind_of(record: Mapping[str, Any]) -> str:
    """The type; a run and its turns are custom spans that say what they are."""
    data: Mapping[str, Any] = record["span_data"]
    inner = data.get("data")
    told = fields.text(inner.get("sdk_span_type")) if isinstance(inner, dict) else None
    return told or fields.text(data.get("type")) or "custom"


def span_of(record: Mapping[str, Any], moments: Moments, line: int) -> PlainSpan:
    """The span. Its error is known as such only: the message may hold anything."""
    data: Mapping[str, Any] = record["span_data"]
    kind = kind_of(record)
    return PlainSpan(
        trace_id=fields.text(record.get("trace_id")),
        span_id=fields.text(record.get("id")),
        parent_id=fields.text(record.get("parent_id")),
        name=_name(kind, data),
        start_ns=moments.read(record.get("started_at"), "started_at", line),
        end_ns=moments.read(record.get("ended_at"), "ended_at", line),
        status=FAILED if record.get("error") else 0,
        attributes=_attributes(kind, data),
        resource={"service.name": "openai-agents"},
    )


def _name(kind: str, data: Mapping[str, Any]) -> str:
    """The agent, function or guardrail; a handoff by whom it goes to; anything else by its type."""
    if kind == "handoff" and (target := fields.text(data.get("to_agent"))):
        return f"handoff to {target}"
    if kind == "mcp_tools" and (server := fields.text(data.get("server"))):
        return f"list tools of {server}"
    name = fields.text(data.get("name")) if fields.text(data.get("type")) in _NAMED else None
    return name or kind


def _attributes(kind: str, data: Mapping[str, Any]) -> dict[str, Scalar]:
    response = data.get("response", data.get("_response"))
    body = response if isinstance(response, dict) else {}
    usage = data.get("usage") if isinstance(data.get("usage"), dict) else body.get("usage")
    found: dict[str, Scalar] = {
        "openai_agents.span_data.type": kind,
        "gen_ai.agent.name": fields.text(data.get("name")) if kind == "agent" else None,
        "gen_ai.response.model": fields.text(body.get("model")) or fields.text(data.get("model")),
        "gen_ai.response.id": fields.text(data.get("response_id"))
        or fields.text(body.get("id"))
        or _streamed(data),
        **(_tokens(usage) if isinstance(usage, dict) else {}),
    }
    return {name: value for name, value in found.items() if value is not None}


def _streamed(data: Mapping[str, Any]) -> str | None:
    """The id that chat completions gave a streamed answer: its parts have it, the answer's own is made up."""
    for answer in _objects(data.get("output")):
        for part in _objects(answer.get("output")):
            told = part.get("provider_data")
            if isinstance(told, dict) and (name := fields.text(told.get("response_id"))) is not None:
                return name
    return None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _tokens(usage: Mapping[str, Any]) -> dict[str, Scalar]:
    """Counts of the Responses API or of chat completions; details may be a level deeper, as OpenAI gets them.

    A stream that ends without a count is written as one of nothing.
    """
    more = usage.get("details")
    details = {**more, **usage} if isinstance(more, dict) else usage
    prompt = _first(details, "input_tokens_details", "prompt_tokens_details")
    answer = _first(details, "output_tokens_details", "completion_tokens_details")
    read, written = (
        _count(usage, "input_tokens", "prompt_tokens"),
        _count(usage, "output_tokens", "completion_tokens"),
    )
    if not read and not written:
        return {}
    return {
        "gen_ai.usage.input_tokens": read,
        "gen_ai.usage.output_tokens": written,
        "gen_ai.usage.cache_read.input_tokens": _count(prompt, "cached_tokens"),
        "gen_ai.usage.cache_write.input_tokens": _count(prompt, "cache_write_tokens"),
        "gen_ai.usage.reasoning.output_tokens": _count(answer, "reasoning_tokens"),
    }


def _first(details: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    found = (details.get(name) for name in names)
    return next((each for each in found if isinstance(each, dict)), {})


def _count(counts: Mapping[str, Any], *names: str) -> int | None:
    read = (fields.count(counts.get(name)) for name in names)
    return next((count for count in read if count is not None), None)
