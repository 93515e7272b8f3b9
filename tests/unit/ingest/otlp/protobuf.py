"""The same small telemetry in protobuf."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from google.protobuf.message import Message
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, TracesData

from unit.ingest.otlp.telemetry import Record


def traces_message(*spans: Record, scope: str = "hand", **resource: Any) -> bytes:
    """One TracesData with one scope."""
    return TracesData(resource_spans=[_batch(spans, scope, resource)]).SerializeToString()


def as_protobuf(document: Record) -> bytes:
    """A document of spans as TracesData."""
    message = TracesData()
    for resource in document["resourceSpans"]:
        batch = message.resource_spans.add()
        _attributes(batch.resource.attributes, resource["resource"]["attributes"])
        for group in resource["scopeSpans"]:
            target = batch.scope_spans.add()
            target.scope.name = group["scope"]["name"]
            _fill(target.spans, group["spans"])
    return message.SerializeToString()


def _batch(spans: Iterable[Record], scope: str, resource: Record) -> ResourceSpans:
    batch = ResourceSpans()
    for name, value in resource.items():
        batch.resource.attributes.add(key=name.replace("_", "."), value=AnyValue(string_value=value))
    group = batch.scope_spans.add()
    group.scope.name = scope
    _fill(group.spans, spans)
    return batch


def _fill(target: Any, spans: Iterable[Record]) -> None:
    for span in spans:
        message = target.add(
            trace_id=bytes.fromhex(span["traceId"]),
            span_id=bytes.fromhex(span["spanId"]),
            parent_span_id=bytes.fromhex(span["parentSpanId"]),
            name=span["name"],
            start_time_unix_nano=int(span["startTimeUnixNano"]),
            end_time_unix_nano=int(span["endTimeUnixNano"]),
            dropped_attributes_count=span.get("droppedAttributesCount", 0),
        )
        message.status.code = span["status"].get("code", 0)
        _attributes(message.attributes, span["attributes"])
        for event in span.get("events", ()):
            found = message.events.add(name=event["name"], time_unix_nano=int(event["timeUnixNano"]))
            _attributes(found.attributes, event["attributes"])


def logs_message(*records: Record, scope: str = "hand") -> bytes:
    """One LogsData with one scope."""
    message = LogsData()
    group = message.resource_logs.add().scope_logs.add()
    group.scope.name = scope
    for record in records:
        target = group.log_records.add(time_unix_nano=int(record["timeUnixNano"]))
        _attributes(target.attributes, record["attributes"])
        if record["body"]:
            target.body.string_value = record["body"]["stringValue"]
    return message.SerializeToString()


def _attributes(target: Any, pairs: Iterable[Record]) -> None:
    for pair in pairs:
        target.append(KeyValue(key=pair["key"], value=_value(pair["value"])))


def _value(value: Record) -> AnyValue:
    kind, content = next(iter(value.items()))
    found = AnyValue()
    if kind == "arrayValue":
        found.array_value.SetInParent()
        found.array_value.values.extend(_value(each) for each in content["values"])
    elif kind == "kvlistValue":
        found.kvlist_value.SetInParent()
        _attributes(found.kvlist_value.values, content["values"])
    elif kind == "intValue":
        found.int_value = int(content)
    elif kind == "bytesValue":
        found.bytes_value = base64.b64decode(content)
    else:
        _set(found, kind, content)
    return found


def _set(message: Message, kind: str, content: Any) -> None:
    setattr(
        message, {"stringValue": "string_value", "boolValue": "bool_value"}.get(kind, "double_value"), content
    )


def with_unknown_field(message: bytes) -> bytes:
    """A TracesData whose batches have a field that no version of the protocol knows."""
    batches = [
        ResourceSpans.FromString(batch.SerializeToString() + b"\xfa\x07\x03abc")
        for batch in TracesData.FromString(message).resource_spans
    ]
    return TracesData(resource_spans=batches).SerializeToString()
