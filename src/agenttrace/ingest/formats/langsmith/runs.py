"""One run, as a span with the attribute names of LangSmith's own OpenTelemetry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from agenttrace.ingest import fields
from agenttrace.ingest.formats.langsmith.usage import model_of, tokens_of
from agenttrace.ingest.telemetry.call_ids import answered, asked, call_attributes, result_of
from agenttrace.ingest.telemetry.moments import Moments
from agenttrace.ingest.telemetry.names import CALLED
from agenttrace.ingest.telemetry.plain import FAILED, OK, PlainEvent, PlainSpan
from agenttrace.ingest.telemetry.values import Scalar

_STATUS = {"success": OK, "error": FAILED}
_ERROR_TYPE = re.compile(r"\s*([A-Za-z_][\w.]{0,79})\(")
_ATTEMPT = re.compile(r"retry:attempt:(\d{1,4})")
_ORDER = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3,6})Z(.+)")
_THREADS = ("session_id", "thread_id", "conversation_id")


def reduced(run: Mapping[str, Any]) -> dict[str, Any]:
    """What is wanted of a run, without its content; what is null is left out.

    Of prompts and answers the ids of tool calls stay. Records of one run are joined by joining these.
    """
    kind = fields.text(run.get("run_type"))
    path = _path(run.get("dotted_order"))
    extra = _object(run.get("extra"))
    metadata = {**_object(extra.get("metadata")), **_object(run.get("metadata"))}
    found: dict[str, Any] = {
        "id": fields.text(run.get("id")) or (path[-1][1] if path else None),
        "trace": fields.text(run.get("trace_id")) or (path[0][1] if path else None),
        "parent": fields.text(run.get("parent_run_id")) or (path[-2][1] if len(path) > 1 else None),
        "kind": None if kind is None else kind.lower(),
        "name": fields.text(run.get("name")),
        "start": run.get("start_time") or (path[-1][0] if path else None),
        "end": run.get("end_time"),
        "first_token": run.get("first_token_time") or _first_token(run.get("events")),
        "status": _STATUS.get(str(run.get("status")).lower()) or (FAILED if run.get("error") else None),
        "error": _error_type(run.get("error")),
        "attempt": _attempt(run.get("tags")),
        "agent": _agent(run, metadata),
        "thread": fields.text(run.get("thread_id")),
        "metadata": {name: word for name in _THREADS if (word := fields.text(metadata.get(name)))} or None,
        "model": model_of(run, extra, metadata),
        "tokens": tokens_of(run, metadata) or None,
        "result": result_of(run.get("outputs")) or fields.text(extra.get("tool_call_id")),
        "asks": asked(run.get("outputs")) or None,
        "has": answered(run.get("inputs")) if kind is not None and kind.lower() == "llm" else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def span_of(run: Mapping[str, Any], moments: Moments, line: int) -> PlainSpan:
    """The span of a reduced run. A trace is named by its root run."""
    first = moments.read(run.get("first_token"), "first_token_time", line)
    return PlainSpan(
        trace_id=run.get("trace") or run.get("id"),
        span_id=run.get("id"),
        parent_id=run.get("parent"),
        name=run.get("name"),
        start_ns=moments.read(run.get("start"), "start_time", line),
        end_ns=moments.read(run.get("end"), "end_time", line),
        status=run.get("status", 0),
        attributes=_attributes(run),
        events=(PlainEvent("First Token Stream Event", first),) if first else (),
        resource={"service.name": "langsmith"},
    )


def _attributes(run: Mapping[str, Any]) -> dict[str, Scalar]:
    kind = run.get("kind", "chain")
    subagent = run.get("agent") if kind == "chain" and run.get("parent") is not None else None
    own: dict[str, Scalar] = {
        "langsmith.span.kind": kind if subagent is None else "agent",
        "gen_ai.agent.name": subagent,
        "langsmith.metadata.thread_id": run.get("thread"),
        "gen_ai.response.model": run.get("model"),
        "gen_ai.tool.call.id": run.get("result") if kind == "tool" else None,
        "error.type": run.get("error"),
        "attempt": run.get("attempt"),
    }
    if run.get("parent") is None and ("thread" in run or "metadata" in run):
        own[CALLED] = True
    own |= {f"langsmith.metadata.{name}": word for name, word in run.get("metadata", {}).items()}
    if kind == "llm":
        own |= call_attributes(run.get("asks", []), run.get("has", []))
    told = {name: value for name, value in own.items() if value is not None}
    return {**told, **run.get("tokens", {})}


def _path(order: Any) -> list[tuple[str, str]]:
    """The start and the id of each run from the root to this one, as the dotted order spells them."""
    steps = [_ORDER.fullmatch(step) for step in order.split(".")] if isinstance(order, str) else []
    if any(step is None for step in steps):
        return []
    return [_step(step) for step in steps if step is not None]


def _step(step: re.Match[str]) -> tuple[str, str]:
    year, month, day, hour, minute, second, fraction, name = step.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}.{fraction}Z", name


def _first_token(events: Any) -> str | None:
    """The first event of a new token. All of a run's events are in one notation: text decides."""
    return min(_token_times(events), default=None)


def _token_times(events: Any) -> Iterator[str]:
    for event in events if isinstance(events, list) else ():
        if isinstance(event, dict) and event.get("name") == "new_token":
            time = event.get("time")
            if isinstance(time, str | int | float) and time:
                yield str(time)


def _error_type(error: Any) -> str | None:
    """The class that the text of an exception begins with; the rest may hold anything."""
    match = _ERROR_TYPE.match(error) if isinstance(error, str) else None
    return None if match is None else match.group(1)


def _attempt(tags: Any) -> int | None:
    words = tags if isinstance(tags, list) else ()
    found = (_ATTEMPT.fullmatch(word) for word in words if isinstance(word, str))
    return next((int(match.group(1)) for match in found if match is not None), None)


def _agent(run: Mapping[str, Any], metadata: Mapping[str, Any]) -> str | None:
    """The agent that the run is all of: LangChain names it on each run inside, and the run of the agent so."""
    name = fields.text(metadata.get("lc_agent_name"))
    return name if name is not None and name == run.get("name") else None


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
