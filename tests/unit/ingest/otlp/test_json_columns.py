"""Spans that a kernel cuts out of JSON lines are those that the typed reader makes, whatever the lines are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.formats.otlp import reading
from agenttrace.ingest.formats.otlp.json_columns import take_spans
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.slices import Slice
from agenttrace.ingest.telemetry.intake import Intake
from agenttrace.ingest.telemetry.values import column_of
from agenttrace.native import library
from contract.table_rows import RAW_TABLES
from unit.ingest.otlp.odd_documents import OddDocuments
from unit.ingest.otlp.telemetry import attributes, document, event, lines, span

pytestmark = pytest.mark.skipif(
    library() is None, reason="without kernels: there was no C compiler, or AGENTTRACE_NATIVE is off"
)

CHAT = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5, "x": 1}
SPAN = json.dumps(span(2, (3, 4), CHAT))
ID = '"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00f067aa0ba902b7","startTimeUnixNano":"5"'


def _slice(text: bytes) -> Slice:
    return Slice("spans.jsonl", 1, content=text)


def _read(text: bytes) -> RawTrace:
    recorder = Recorder()
    left = reading.read_otlp_slice(_slice(text), recorder)
    reading.settle_otlp([(left, 0)], None, recorder)
    return recorder.trace()


def _read_carefully(text: bytes) -> RawTrace:
    with mock.patch.object(reading, "take_spans", return_value=False):
        return _read(text)


def _is_taken(text: bytes) -> bool:
    return take_spans(_slice(text), Intake(Recorder(), column_of))


def _differing(text: bytes) -> Iterator[str]:
    fast, careful = _read(text), _read_carefully(text)
    for name in (*RAW_TABLES, "calls"):
        if not getattr(fast, name).equals(getattr(careful, name)):
            yield name
    if (fast.records, fast.dialects) != (careful.records, careful.dialects):
        yield "records"


def _line(*, resource: str = '"resource":{}', scope: str = '"scope":{}', of_span: str = ID) -> bytes:
    """A document with another sound span behind the one that is looked at."""
    return (
        f'{{"resourceSpans":[{{{resource},"scopeSpans":[{{{scope},"spans":[{{{of_span}}},{SPAN}]}}]}}]}}\n'
    ).encode()


def _attribute(value: str) -> bytes:
    key = '"gen_ai.request.model"'
    return _line(of_span=f'{ID},"attributes":[{{"key":{key},"value":{value}}}]')


@given(st.integers(0, 2**64), st.sampled_from((0.0, 0.002, 0.01, 0.05)))
def test_any_lines_give_the_same_rows_and_findings(seed: int, oddity: float) -> None:
    assert list(_differing(OddDocuments(Random(seed), oddity).text())) == []


@given(st.integers(0, 2**64), st.integers(0, 2**32), st.binary(max_size=2))
def test_damaged_lines_give_the_same_rows_and_findings(seed: int, place: int, put: bytes) -> None:
    text = OddDocuments(Random(seed), 0.0).text()
    at = place % len(text)

    assert list(_differing(text[:at] + put + text[at + 1 :])) == []


@given(st.integers(0, 2**64))
def test_documents_of_the_standard_are_cut_by_the_kernel(seed: int) -> None:
    assert _is_taken(OddDocuments(Random(seed), 0.0).text())


@pytest.mark.parametrize(
    "value",
    [
        "null",
        "{}",
        '{"arrayValue":null}',
        '{"kvlistValue":null}',
        '{"arrayValue":null,"bytesValue":"AA=="}',
        '{"arrayValue":{}}',
        '{"arrayValue":{"values":null}}',
        '{"arrayValue":{"values":5}}',
        '{"arrayValue":{"values":"ab"}}',
        '{"kvlistValue":{"values":{"a":1}}}',
        '{"arrayValue":{"values":[{"intValue":"x"}]}}',
        '{"arrayValue":[]}',
        '{"arrayValue":{"values":[{"intValue":"%s"}]}}' % ("9" * 5_000),
        '{"arrayValue":{"values":[1e999]}}',
        '{"stringValue":"a","intValue":1}',
        '{"stringValue":null,"intValue":1}',
        '{"stringValue":"","intValue":null}',
        '{"intValue":"12"}',
        '{"intValue":9223372036854775808}',
        '{"intValue":1.0}',
        '{"intValue":-0}',
        '{"intValue":true}',
        '{"doubleValue":1e999}',
        '{"doubleValue":"NaN"}',
        '{"doubleValue":-0}',
        '{"doubleValue":12}',
        '{"boolValue":1}',
        '{"boolValue":"true"}',
        '{"bytesValue":""}',
        '{"bytesValue":"\\u0041"}',
        '{"stringValue":"\\ud83d"}',
    ],
)
def test_values(value: str) -> None:
    assert list(_differing(_attribute(value))) == []
    assert list(_differing(_attribute(value) + _attribute('{"stringValue":"m"}'))) == []


@pytest.mark.parametrize(
    "more",
    [
        '"attributes":[{"key":"x","value":5,"key":"gen_ai.request.model"}]',
        '"attributes":[{"key":"x","key":"x"}]',
        '"attributes":[{"value":{"intValue":1},"key":"gen_ai.usage.input_tokens"}]',
        '"attributes":[{"key":"gen_ai.usage.input_tokens"}]',
        '"attributes":[{}]',
        '"attributes":[null]',
        '"attributes":null',
        '"name":"a","name":"b"',
        '"events":null',
        '"events":[null]',
        '"links":[{"traceId":5}]',
        '"links":[{}]',
        '"links":null',
        '"status":null',
        '"status":[]',
        '"status":{"code":"STATUS_CODE_OK"}',
        '"status":{"code":"2"}',
        '"status":{"code":2.0}',
        '"droppedEventsCount":"4"',
        '"droppedEventsCount":-1',
        '"droppedEventsCount":4294967297',
        '"parentSpanId":null',
        '"endTimeUnixNano":-5',
        '"endTimeUnixNano":18446744073709551615',
        '"endTimeUnixNano":"18446744073709551615"',
        '"events":[{"name":"exception","attributes":[{"key":"exception.type","value":{"stringValue":"E"}}]}],"name":5',
    ],
)
def test_members_of_spans(more: str) -> None:
    assert list(_differing(_line(of_span=f"{ID},{more}"))) == []
    assert list(_differing(lines(document(span(1, (0, 1), CHAT))) + _line(of_span=f"{ID},{more}"))) == []


@pytest.mark.parametrize(
    "text",
    [
        b'{"resourceSpans":[{"resource":{"attributes":[5]},"scopeSpans":[]}]}\n',
        b'{"resourceSpans":[{"resource":7}]}\n',
        b'{"resource":{"attributes":[5]},"resourceSpans":[]}\n',
        b'{"resource":7}\n',
        b'{"resourceSpans":[{"scopeSpans":[{"scope":7}]}]}\n',
        b'{"resourceSpans":[{"scopeSpans":[{"scope":{"name":7}}]}]}\n',
        b'{"resourceSpans":[{"scopeSpans":[{"instrumentationLibrary":{"name":"old"},"spans":[{"name":"a"}]}]}]}\n',
        b'{"resourceSpans":[{"instrumentationLibrarySpans":[{"spans":[{"name":"a"}]}]}]}\n',
        b'{"resourceSpans":[null]}\n',
        b'{"resourceSpans":{}}\n',
        b'{"resourceMetrics":[{},{}],"resourceSpans":[]}\n',
        b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"a"}}]}]}]}\n',
        b'{"scopeSpans":[{"spans":[{"name":"bare"}]}]}\n',
        _line(resource='"resource":null'),
        _line(resource='"resource":{"attributes":null}', scope='"scope":null'),
        _line(resource='"resource":{"attributes":[]},"resource":{}'),
        _line(resource='"resource":{},"scopeSpans":null'),
        _line(scope='"scope":{"name":"\\u0061"}'),
        b"\xef\xbb\xbf" + _line(),
        _line().replace(b"\n", b"\r\n") * 3,
        b"\n \n" + _line()[:-1],
        _line()[:-30],
        b"",
        b" \r\n\n",
    ],
)
def test_what_is_around_spans(text: bytes) -> None:
    assert list(_differing(text)) == []
    assert list(_differing(lines(document(span(1, (0, 1), CHAT))) + text)) == []


def test_an_event_keeps_its_detail_where_something_else_is_of_the_wrong_type() -> None:
    odd: dict[str, Any] = {
        "events": [event("exception", 1, {"exception.type": "Timeout"})],
        "status": {"code": 2},
    }

    sound, faulty = (
        _read(lines(document(span(1, (0, 1), CHAT, **odd, **more))))
        for more in ({}, {"flags": 1, "links": 5})
    )

    assert sound.spans.column("error").to_pylist() == faulty.spans.column("error").to_pylist() == ["Timeout"]


def test_keys_beyond_what_is_kept_do_not_end_the_fast_way() -> None:
    many = {f"k{number}": number for number in range(9_000)}
    strange = lines(document(span(1, (0, 1), CHAT | many)))

    assert not _is_taken(strange)
    assert list(_differing(strange)) == []
    assert _is_taken(lines(document(span(2, (0, 1), CHAT | {"new": 1}))))


def test_more_spans_than_a_chunk_has() -> None:
    text = b"".join(
        lines(document(*(span(number, (number, number + 1), CHAT) for number in range(first, first + 1_000))))
        for first in range(1, 40_000, 1_000)
    )

    assert _is_taken(text)
    assert list(_differing(text)) == []


@pytest.mark.parametrize("kind", [str, int, float, bool, None])
@pytest.mark.parametrize("other", [str, int, float, bool, None])
def test_values_of_several_types_under_one_key(kind: Any, other: Any) -> None:
    found: dict[Any, Any] = {str: "12", int: 7, float: 1.5, bool: True, None: [1, "a"]}
    spans = [
        span(at, (0, 1), {"gen_ai.usage.input_tokens": found[kind if at < 700 else other]})
        for at in range(1, 800)
    ]

    assert list(_differing(lines(document(*spans)))) == []


def test_real_lines_give_the_same_rows_and_findings(shared_data: Path) -> None:
    found = [
        each
        for each in sorted((shared_data / "otel").glob("*otlp*.json*"))
        if b'"resourceSpans"' in each.read_bytes()
    ]
    texts = [json.dumps(json.loads(each.read_bytes())).encode() + b"\n" for each in found]

    assert texts
    for text in texts:
        assert list(_differing(text * 3)) == []


def test_attributes_are_told_apart_by_key_in_every_text() -> None:
    for keys in (("x", "gen_ai.request.model"), ("gen_ai.request.model", "x"), ("x", "y", "x", "session.id")):
        pairs = attributes(dict.fromkeys(keys, "v")) * 2
        assert (
            list(_differing(lines(document(span(1, (0, 1), attributes=pairs), span(2, (0, 1), CHAT))))) == []
        )
