"""Spans read column by column are those read one by one, whatever the messages look like."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status, TracesData

from agenttrace.ingest.formats.otlp import OTLP, protobuf_reading
from agenttrace.ingest.formats.otlp.protobuf_blocks import SpanBlock, span_block
from agenttrace.ingest.formats.otlp.protobuf_spans import Codes
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.shredded import UnusualShapeError
from agenttrace.ingest.source import Source
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.values import column_of
from contract.table_rows import RAW_TABLES

KEYS = (
    "gen_ai.operation.name",
    "gen_ai.usage.input_tokens",
    "gen_ai.request.model",
    "session.id",
    "ttft_ms",
    "x",
)
MESSAGES = st.one_of(
    st.just(b""), st.binary(max_size=6), st.just(b"\x98\x06\x01"), st.just(b"\xa2\x06\x02hi")
)
"""What may stand behind a message: nothing, damage, fields that are not known."""

integers = st.integers(-(2**63), 2**63 - 1) | st.integers(0, 300)
values = st.recursive(
    st.one_of(
        st.builds(AnyValue),
        st.builds(AnyValue, string_value=st.sampled_from(("chat", "12", "", "ü")) | st.text(max_size=4)),
        st.builds(AnyValue, int_value=integers),
        st.builds(AnyValue, double_value=st.floats()),
        st.builds(AnyValue, bool_value=st.booleans()),
        st.builds(AnyValue, bytes_value=st.binary(max_size=4)),
    ),
    lambda inner: st.one_of(
        st.builds(AnyValue, array_value=st.builds(ArrayValue, values=st.lists(inner, max_size=2))),
        st.builds(
            AnyValue,
            kvlist_value=st.builds(
                KeyValueList,
                values=st.lists(st.builds(KeyValue, key=st.text(max_size=2), value=inner), max_size=2),
            ),
        ),
    ),
    max_leaves=3,
)
attributes = st.lists(
    st.builds(KeyValue, key=st.sampled_from(KEYS), value=values)
    | st.builds(KeyValue, key=st.sampled_from(KEYS[:2]), value=st.builds(AnyValue, int_value=st.just(7)))
    | st.builds(KeyValue, key=st.sampled_from(KEYS)),
    max_size=5,
)
instants = st.sampled_from((0, 1, 1_700_000_000 * 10**9, 2**63, 2**64 - 1))
counts = st.sampled_from((0, 0, 0, 1, 2**32 - 1))
events = st.builds(
    Span.Event,
    name=st.sampled_from(("exception", "ai.stream.firstChunk", "other")),
    time_unix_nano=instants,
    attributes=attributes,
)
links = st.builds(
    Span.Link, trace_id=st.binary(max_size=16), span_id=st.binary(max_size=8), attributes=attributes
)
spans = st.builds(
    Span,
    trace_id=st.sampled_from((b"t" * 16, b"u" * 16, b"", b"short")),
    span_id=st.sampled_from((b"abcdefgh", b"ABCDEFGH", b"\xff" * 8)),
    parent_span_id=st.sampled_from((b"", b"abcdefgh")),
    name=st.text(max_size=5),
    kind=st.integers(0, 5),
    start_time_unix_nano=instants,
    end_time_unix_nano=instants,
    attributes=attributes,
    dropped_attributes_count=counts,
    dropped_links_count=counts,
    events=st.lists(events, max_size=2),
    links=st.lists(links, max_size=2),
    status=st.none() | st.builds(Status, code=st.sampled_from((0, 1, 2, 7, -1)), message=st.text(max_size=3)),
    flags=st.sampled_from((0, 257)),
    trace_state=st.text(max_size=3),
)


@st.composite
def batches(draw: st.DrawFn) -> bytes:
    """A ResourceSpans of which any part may be followed by what does not belong there."""
    written = b""
    for span in draw(st.lists(spans, max_size=4)):
        written += _field(2, span.SerializeToString() + draw(MESSAGES))
    scope = ScopeSpans()
    scope.scope.name = draw(st.sampled_from(("", "langfuse-sdk")))
    resource = ResourceSpans()
    resource.resource.attributes.add(key="service.name", value=AnyValue(string_value="app"))
    group = scope.SerializeToString() + written + draw(MESSAGES)
    return resource.SerializeToString() + _field(2, group) + draw(MESSAGES)


def _field(number: int, content: bytes) -> bytes:
    length, written = len(content), b""
    while length >= 0x80:
        written += bytes([length & 0x7F | 0x80])
        length >>= 7
    return bytes([number << 3 | 2]) + written + bytes([length]) + content


def _read(content: bytes) -> RawTrace:
    recorder = Recorder()
    OTLP.read(Source("spans.pb", content), recorder)
    return recorder.trace()


def _refuse(*_: object) -> SpanBlock:
    raise UnusualShapeError


def _read_one_by_one(content: bytes) -> RawTrace:
    with mock.patch.object(protobuf_reading, "span_block", _refuse):
        return _read(content)


def _differing(content: bytes) -> Iterator[str]:
    fast, careful = _read(content), _read_one_by_one(content)
    yield from (name for name in RAW_TABLES if not getattr(fast, name).equals(getattr(careful, name)))
    if (fast.records, fast.dialects) != (careful.records, careful.dialects):
        yield "records"


@given(st.lists(batches(), min_size=1, max_size=3))
def test_any_batches_give_the_same_rows_and_findings(found: list[bytes]) -> None:
    assert list(_differing(b"".join(_field(1, batch) for batch in found))) == []


@pytest.mark.parametrize("keys", [(), ("x",), ("x", "y"), ("session.id",)])
@pytest.mark.parametrize("names", [(), ("other",), ("exception", "other"), ("First Token Stream Event",)])
def test_spans_of_which_little_is_wanted(keys: tuple[str, ...], names: tuple[str, ...]) -> None:
    pairs = [KeyValue(key=key, value=AnyValue(string_value="v")) for key in keys]
    inner = [Span.Event(name=name, attributes=pairs) for name in names]
    span = Span(trace_id=b"t" * 16, span_id=b"s" * 8, start_time_unix_nano=1, attributes=pairs, events=inner)
    batch = ResourceSpans(scope_spans=[ScopeSpans(spans=[span, span])])

    assert list(_differing(_field(1, batch.SerializeToString()))) == []
    assert span_block([batch.SerializeToString()], Intake(Recorder(), column_of), Codes()).slices


@pytest.mark.parametrize("run", ["A", "C-disagg"])
@pytest.mark.parametrize("name", ["otlp-traces", "harness-otlp-traces", "otlp-logs"])
def test_real_traces_give_the_same_rows_and_findings(run: str, name: str, shared_data: Path) -> None:
    content = gzip.decompress((shared_data / "dynamo" / run / f"{name}.pb.gz").read_bytes())

    assert list(_differing(content)) == []


def test_the_usual_shapes_are_read_column_by_column(shared_data: Path) -> None:
    content = gzip.decompress((shared_data / "dynamo/A/otlp-traces.pb.gz").read_bytes())
    data = TracesData.FromString(content)

    block = span_block(
        [each.SerializeToString() for each in data.resource_spans], Intake(Recorder(), column_of), Codes()
    )

    count = sum(len(group.spans) for each in data.resource_spans for group in each.scope_spans)
    assert sum(len(each.part.line) for each in block.slices) == count > 1_000
