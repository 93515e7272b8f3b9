"""One observation, as a span with the attribute names of Langfuse's own OTLP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.langfuse.records import TYPES, field
from agenttrace.ingest.json_text import parsed
from agenttrace.ingest.telemetry.call_ids import answered, asked, call_attributes, result_of
from agenttrace.ingest.telemetry.flat import flattened
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.ingest.telemetry.names import CALLED, ESTIMATED_USAGE, LANGFUSE_USAGE
from agenttrace.ingest.telemetry.plain import FAILED, PlainSpan
from agenttrace.ingest.telemetry.values import Scalar, json_text

_SDK = "langfuse-sdk"
_USAGE = ("gen_ai.usage.", "llm.token_count.", "llm.usage.", "ai.usage.")
_CALLS = frozenset({"SPAN", "CHAIN", "GENERATION"})
"""What the root of a trace is where it stands for one call of the whole; guardrails and evaluators do not."""
_OWN_COUNTS = frozenset({"input", "output", "total"})


def reduced(observation: Mapping[str, Any]) -> dict[str, Any]:
    """What is wanted of an observation, without its content; what is null is left out.

    Of prompts and answers the ids of tool calls stay. Two records of one observation (an ingestion creates
    and updates it) are joined by joining these.
    """
    metadata = _object(field(observation, "metadata"))
    found = {
        "id": fields.text(observation.get("id")),
        "trace": fields.text(field(observation, "traceId")),
        "parent": fields.text(field(observation, "parentObservationId")),
        "type": _type(observation.get("type")),
        "name": fields.text(observation.get("name")),
        "start": field(observation, "startTime"),
        "end": field(observation, "endTime"),
        "first_token": fields.text(field(observation, "completionStartTime")),
        "model": fields.text(observation.get("model"))
        or fields.text(field(observation, "providedModelName")),
        "usage": _object(field(observation, "usageDetails")) or _object(observation.get("usage")) or None,
        "level": fields.text(observation.get("level")),
        "session": fields.text(field(observation, "sessionId")),
        "attributes": flattened(metadata.get("attributes")) or None,
        "counted": _counts_tokens(metadata) or None,
        "scope": fields.text(_object(metadata.get("scope")).get("name")),
        "thread": fields.text(metadata.get("thread_id")),
        "result": result_of(observation.get("output")),
    }
    if found["type"] == "GENERATION":
        found["asks"] = asked([observation.get("output"), *_calls(observation)]) or None
        found["has"] = answered(observation.get("input")) or None
    return {name: value for name, value in found.items() if value is not None}


def span_of(observation: Mapping[str, Any], moments: Moments, line: int) -> PlainSpan:
    """The span of a reduced observation. An event is an instant; without an end it is unfinished otherwise."""
    kind = observation.get("type", "SPAN")
    start = moments.read(observation.get("start"), "startTime", line)
    end = moments.read(observation.get("end"), "endTime", line)
    return PlainSpan(
        trace_id=observation.get("trace") or observation.get("id"),
        span_id=observation.get("id"),
        parent_id=observation.get("parent"),
        name=observation.get("name"),
        start_ns=start,
        end_ns=start if kind == "EVENT" and not end else end,
        status=FAILED if observation.get("level") == "ERROR" else 0,
        attributes=_attributes(observation, kind),
        scope=observation.get("scope", ""),
        resource={"service.name": "langfuse"},
    )


def is_tool_by_result(observation: Mapping[str, Any]) -> bool:
    """LangChain's tools return a tool message: an untyped observation that does is the run of that tool."""
    return observation.get("type") == "SPAN" and "result" in observation


def has_estimated_usage(observation: Mapping[str, Any]) -> bool:
    """Langfuse counts tokens itself where an instrumentation of OpenTelemetry sent no usage."""
    sent = observation.get("counted") or observation.get("scope") in (None, _SDK)
    usage: dict[str, Any] = observation.get("usage", {})
    return not sent and bool(usage) and usage.keys() <= _OWN_COUNTS


def _attributes(observation: Mapping[str, Any], kind: str) -> dict[str, Scalar]:
    own: dict[str, Scalar] = {
        "langfuse.observation.type": "tool" if is_tool_by_result(observation) else kind.lower(),
        "langfuse.observation.model.name": observation.get("model"),
        "langfuse.observation.completion_start_time": observation.get("first_token"),
        "langfuse.session.id": observation.get("session"),
        "langsmith.metadata.thread_id": observation.get("thread"),
    }
    if kind != "GENERATION" and "result" in observation:
        own["gen_ai.tool.call.id"] = observation["result"]
    if (
        "parent" not in observation
        and kind in _CALLS
        and ("session" in observation or "thread" in observation)
    ):
        own[CALLED] = True
    if "usage" in observation:
        own[LANGFUSE_USAGE] = json_text(observation["usage"])
    if has_estimated_usage(observation):
        own[ESTIMATED_USAGE] = True
    told = observation.get("attributes", {})
    calls = call_attributes(observation.get("asks", []), observation.get("has", []))
    return {**told, **{name: value for name, value in own.items() if value is not None}, **calls}


def _type(value: Any) -> str | None:
    kind = fields.text(value)
    return kind if kind in TYPES else None


def _object(value: Any) -> dict[str, Any]:
    """An object, which some exports write as JSON in a text; {} for anything else."""
    if isinstance(value, str) and value.startswith("{"):
        value = parsed(value.encode(errors="replace"))
    return value if isinstance(value, dict) else {}


def _counts_tokens(metadata: Mapping[str, Any]) -> bool:
    names = metadata.get("attributes")
    return isinstance(names, dict) and any(str(name).startswith(_USAGE) for name in names)


def _calls(observation: Mapping[str, Any]) -> list[Any]:
    """The calls that Langfuse took out of the answer, each as JSON in a text."""
    calls = field(observation, "toolCalls")
    texts = calls if isinstance(calls, list) else []
    return [{"tool_calls": [_object(call) for call in texts]}]
