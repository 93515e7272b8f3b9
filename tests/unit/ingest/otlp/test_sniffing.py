"""What is recognised as OTLP, and what is not."""

import json
from pathlib import Path

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData, ResourceMetrics, ScopeMetrics

from agenttrace.ingest.formats.otlp import OTLP
from agenttrace.ingest.head import Head
from unit.ingest.otlp.protobuf import logs_message, traces_message, with_unknown_field
from unit.ingest.otlp.telemetry import document, lines, log, logs, span

DOCUMENT = document(span(1, (0, 1), {"a": "b"}))


@pytest.mark.parametrize(
    "content",
    [
        lines(DOCUMENT),
        json.dumps(DOCUMENT, indent=2).encode(),
        b"\xef\xbb\xbf" + lines(DOCUMENT),
        b"\n  " + lines(DOCUMENT),
        b"[" + json.dumps(DOCUMENT).encode() + b"]",
        lines(logs(log(0, "event", {}))),
        b'{"resourceMetrics":[{"scopeMetrics":[]}]}',
        b'{"resource":{"attributes":[]},"scopeSpans":[{"spans":[]}]}',
        b'{"schemaUrl":"x","resourceSpans":[',
        lines(DOCUMENT)[:60],
        b'"}}]}]}]}]}\n' + lines(DOCUMENT),
        b'{"a" 1}\n' + lines(DOCUMENT),
        b'{"resourceSpans" 1}\n{"resou\n' + lines(DOCUMENT),
        traces_message(span(1, (0, 1))),
        with_unknown_field(traces_message(span(1, (0, 1)))),
        logs_message(log(0, "event", {})),
        traces_message(span(1, (0, 1)), **{"a.b": "c"}).replace(b"a.b", b"\xf7.b")
        + traces_message(span(2, (0, 1))),
    ],
)
def test_otlp_in_its_containers_is_recognised(content: bytes) -> None:
    assert OTLP.sniff(Head(content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"[1, 2]",
        b"{",
        b'{"batches":[{"resource":{},"scopeSpans":[]}]}',
        b'{"trace":{"resourceSpans":[]}}',
        b'{"data":[{"traceID":"1","spans":[]}]}',
        b'{"text":"\\"resourceSpans\\":["}',
        b'{"resourceSpans":"no list"}',
        b'{"a":{"resourceSpans":[]},"b":1}',
        b"\x0a\x03abc",
        b"\x0a\x00\x0a\x00",
        b"\x1f\x8b\x08\x00",
        bytes(range(256)) * 16,
        b"PAR1" + bytes(100),
        MetricsData().SerializeToString(),
        b"\xff" * 100,
    ],
)
def test_other_content_is_not(content: bytes) -> None:
    assert not OTLP.sniff(Head(content))


def test_a_document_that_is_cut_at_the_end_of_the_head_is_recognised() -> None:
    whole = lines(document(*(span(number, (0, 1), {"text": "x" * 500}) for number in range(1, 400))))

    assert len(whole) > 1 << 16
    assert OTLP.sniff(Head(whole[: 1 << 16]))


def test_a_protobuf_message_that_is_cut_at_the_end_of_the_head_is_recognised() -> None:
    whole = traces_message(*(span(number, (0, 1), {"text": "x" * 500}) for number in range(1, 400)))

    assert OTLP.sniff(Head(whole[: 1 << 16]))


def test_metrics_in_protobuf_are_recognised_by_their_shape() -> None:
    metrics = ResourceMetrics(scope_metrics=[ScopeMetrics()])
    metric = metrics.scope_metrics[0].metrics.add(name="gen_ai.client.token.usage")
    metric.sum.data_points.add(as_int=1)

    assert OTLP.sniff(Head(MetricsData(resource_metrics=[metrics]).SerializeToString()))


def test_of_the_shared_traces_exactly_those_of_otlp_are_claimed(shared_data: Path) -> None:
    claimed = {
        path.name
        for path in (shared_data / "otel").iterdir()
        if OTLP.sniff(Head(path.read_bytes()[: 1 << 16]))
    }

    assert claimed == {
        "claude-code_2.1.285_traces.otlp.json",
        "codex_0.158.0_otlp-logs_excerpt.jsonl",
        "jaeger-ui_otlp2jaeger-in.otlp.json",
        "jaeger_link_attributes_trace.json",
        "jaeger_otel_traces_01.json",
        "otel-proto_events.json",
        "otel-proto_logs.json",
        "otel-proto_trace.json",
    }
