"""Readers that anyone would write first, for the inputs that `reading_naive` does not read.

The standard library's json (for protobuf: the stock parser), a dataclass for each span, a dictionary of
what else is known of it, and a loop that picks the fields that analyses need.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from reading_naive import NaiveSpan, read_naive

MILLISECOND = 1_000_000
SECOND = 1_000_000_000
Fields = dict[str, Any]
Scalar = Any
"""What an attribute holds: of any type."""


@dataclass
class PlainSpan:
    """A request or a tool call as a plain reader keeps it."""

    session: str
    key: str
    kind: str
    name: str | None
    start_ns: int | None
    end_ns: int | None
    input_tokens: int | None
    cache_read_tokens: int | None
    output_tokens: int | None
    queue_ns: int | None
    first_token_ns: int | None
    failed: bool
    more: Fields


def read_dynamo(paths: list[Path]) -> list[PlainSpan]:
    """Requests and tool calls of a request trace."""
    spans: list[PlainSpan] = []
    tools: dict[tuple[str, str], PlainSpan] = {}
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                event = record.get("event", record)
                if event["event_type"] == "request_end":
                    spans.append(_dynamo_request(event))
                elif event["event_type"].startswith("tool_"):
                    span = _dynamo_tool(event)
                    tools[span.session, span.key] = span
    return spans + list(tools.values())


def _dynamo_request(event: Fields) -> PlainSpan:
    request, context = event["request"], event.get("agent_context", {})
    start = request["request_received_ms"] * MILLISECOND
    wait = round(request["prefill_wait_time_ms"] * MILLISECOND)
    return PlainSpan(
        session=context.get("session_id", ""),
        key=request["request_id"],
        kind="request",
        name=request.get("model"),
        start_ns=start,
        end_ns=start + round(request["total_time_ms"] * MILLISECOND),
        input_tokens=request.get("input_tokens"),
        cache_read_tokens=request.get("cached_tokens"),
        output_tokens=request.get("output_tokens"),
        queue_ns=wait,
        first_token_ns=start + round(request["ttft_ms"] * MILLISECOND),
        failed="finish_reason_metadata" not in request,
        more={**request.get("worker", {}), **request.get("replay", {}), **context},
    )


def _dynamo_tool(event: Fields) -> PlainSpan:
    tool, context = event["tool"], event.get("agent_context", event)
    start = tool["started_at_unix_ms"] * MILLISECOND
    ended = tool.get("ended_at_unix_ms")
    return PlainSpan(
        session=context["session_id"],
        key=tool["tool_call_id"],
        kind="tool",
        name=tool.get("tool_class"),
        start_ns=start,
        end_ns=None if ended is None else ended * MILLISECOND,
        input_tokens=None,
        cache_read_tokens=None,
        output_tokens=tool.get("output_tokens"),
        queue_ns=None,
        first_token_ns=None,
        failed=event["event_type"] == "tool_error",
        more=dict(tool),
    )


def read_transcripts(paths: list[Path]) -> list[PlainSpan]:
    """Requests and tool calls of transcripts; two objects on a line are left out, as are torn ends."""
    return [span for path in paths for span in _spans_of(_records(path))]


def _records(path: Path) -> list[Fields]:
    records = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                records.append(json.loads(line))
            except ValueError:
                continue
    return records


def _spans_of(records: list[Fields]) -> list[PlainSpan]:
    by_uuid = {record["uuid"]: record for record in records if "uuid" in record}
    requests: dict[tuple[Any, Any], PlainSpan] = {}
    tools: dict[str, PlainSpan] = {}
    for record in records:
        message: Fields = record.get("message") or {}
        if record.get("type") == "assistant":
            key = message.get("id"), record.get("requestId")
            if key not in requests:
                start = _start(record, by_uuid)
                requests[key] = _span(record, str(key), "request", message.get("model"), start)
            _add_usage(requests[key], message.get("usage") or {}, _instant(record))
            for block in _blocks(message, "tool_use"):
                tools[block["id"]] = _span(record, block["id"], "tool", block.get("name"), _instant(record))
        elif record.get("type") == "user":
            for block in _blocks(message, "tool_result"):
                if block.get("tool_use_id") in tools:
                    tools[block["tool_use_id"]].end_ns = _instant(record)
                    tools[block["tool_use_id"]].failed = bool(block.get("is_error"))
    return [*requests.values(), *tools.values()]


def _start(record: Fields, by_uuid: dict[str, Fields]) -> int | None:
    """The latest instant on the way back to the prompt or result that the request answers."""
    latest = None
    parent = by_uuid.get(record.get("parentUuid") or "")
    while parent is not None:
        latest = max(latest or 0, _instant(parent))
        if parent["type"] in {"user", "assistant"}:
            break
        parent = by_uuid.get(parent.get("parentUuid") or "")
    return latest


def _instant(record: Fields) -> int:
    return round(datetime.fromisoformat(record["timestamp"]).timestamp() * 1000) * MILLISECOND


def _blocks(message: Fields, kind: str) -> list[Fields]:
    content = message.get("content")
    return [block for block in content if block.get("type") == kind] if isinstance(content, list) else []


def _add_usage(span: PlainSpan, usage: Fields, at: int) -> None:
    """Every line of an answer repeats the usage; the largest is the last."""
    cached, written = usage.get("cache_read_input_tokens") or 0, usage.get("cache_creation_input_tokens") or 0
    span.end_ns = at
    span.input_tokens = (usage.get("input_tokens") or 0) + cached + written
    span.cache_read_tokens = cached
    span.output_tokens = max(span.output_tokens or 0, usage.get("output_tokens") or 0)


def _span(record: Fields, key: str, kind: str, name: str | None, start: int | None) -> PlainSpan:
    more = {field: value for field, value in record.items() if field not in {"message", "toolUseResult"}}
    session = record.get("sessionId", "")
    return PlainSpan(
        session, key, kind, name, start, None, None, None, None, None, None, failed=False, more=more
    )


def read_otlp(paths: list[Path]) -> list[NaiveSpan]:
    """Spans of OTLP/JSON lines."""
    return [span for path in paths for span in read_naive(path)]


def read_protobuf(paths: list[Path]) -> list[PlainSpan]:
    """Spans of OTLP protobuf, through the stock parser."""
    found: list[PlainSpan] = []
    for path in paths:
        data = TracesData.FromString(path.read_bytes())
        for resource in data.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    values = {pair.key: _value(pair.value) for pair in span.attributes}
                    ttft = values.get("ttft_ms")
                    found.append(
                        PlainSpan(
                            session=span.trace_id.hex(),
                            key=span.span_id.hex(),
                            kind=str(values.get("span.type")),
                            name=span.name,
                            start_ns=span.start_time_unix_nano,
                            end_ns=span.end_time_unix_nano,
                            input_tokens=values.get("input_tokens"),
                            cache_read_tokens=values.get("cache_read_tokens"),
                            output_tokens=values.get("output_tokens"),
                            queue_ns=None,
                            first_token_ns=ttft and span.start_time_unix_nano + ttft * MILLISECOND,
                            failed=span.status.code == 2,
                            more=values,
                        )
                    )
    return found


def _value(value: AnyValue) -> Scalar:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None


READERS: dict[str, Callable[[list[Path]], Sequence[PlainSpan | NaiveSpan]]] = {
    "dynamo": read_dynamo,
    "claude-code": read_transcripts,
    "otlp": read_otlp,
    "otlp-protobuf": read_protobuf,
}
