"""The same spans in any container become the same rows."""

import gzip
import json
import struct
from collections.abc import Callable
from typing import Any

import pytest
import zstandard

from agenttrace.ingest.formats.otlp import OTLP, json_pieces
from agenttrace.ingest.raw import RawTrace
from agenttrace.ingest.source import Source
from unit.ingest.otlp.protobuf import as_protobuf, logs_message, traces_message
from unit.ingest.otlp.telemetry import (
    T0,
    attributes,
    document,
    event,
    findings,
    ident,
    key,
    lines,
    log,
    logs,
    read,
    rows,
    span,
    table,
)

CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.response.model": "m",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.response.time_to_first_chunk": 0.25,
    "gen_ai.conversation.id": "c",
}
FIRST = document(
    span(1, (0, 900), {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "a"}),
    span(
        2,
        (0, 500),
        CHAT,
        parent=1,
        status={"code": 2},
        events=[event("exception", 3, {"exception.type": "E"})],
    ),
    service_name="s",
)
SECOND = document(
    span(3, (500, 800), {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "t"}, parent=1),
    scope="other",
    service_name="s",
)


def _pretty(indent: int) -> bytes:
    return b"\n".join(json.dumps(each, indent=indent).encode() for each in (FIRST, SECOND))


def _framed(head: str) -> bytes:
    messages = [as_protobuf(FIRST), as_protobuf(SECOND)]
    return b"".join(struct.pack(head, len(message)) + message for message in messages)


def _delimited() -> bytes:
    found = b""
    for message in (as_protobuf(FIRST), as_protobuf(SECOND)):
        assert 128 <= len(message) < 1 << 14
        found += bytes([len(message) & 0x7F | 0x80, len(message) >> 7]) + message
    return found


def _compressed(messages: list[bytes]) -> bytes:
    packed = [zstandard.compress(message) for message in messages]
    return b"".join(struct.pack(">I", len(message)) + message for message in packed)


CONTAINERS: dict[str, Callable[[], bytes]] = {
    "lines": lambda: lines(FIRST, SECOND),
    "lines without a last end": lambda: lines(FIRST, SECOND).rstrip(),
    "lines with blank ones": lambda: lines(FIRST, SECOND).replace(b"\n", b"\r\n\n"),
    "documents in a row": lambda: b"".join(json.dumps(each).encode() for each in (FIRST, SECOND)),
    "pretty documents": lambda: _pretty(2),
    "pretty documents without indent": lambda: _pretty(0),
    "list of documents": lambda: json.dumps([FIRST, SECOND]).encode(),
    "one document": lambda: json.dumps(
        {"resourceSpans": FIRST["resourceSpans"] + SECOND["resourceSpans"]}
    ).encode(),
    "bare batches": lambda: lines(FIRST["resourceSpans"][0], SECOND["resourceSpans"][0]),
    "byte order mark": lambda: b"\xef\xbb\xbf" + lines(FIRST, SECOND),
    "gzip": lambda: gzip.compress(lines(FIRST)) + gzip.compress(lines(SECOND)),
    "zstandard": lambda: zstandard.compress(lines(FIRST, SECOND)),
    "one message": lambda: as_protobuf({"resourceSpans": FIRST["resourceSpans"] + SECOND["resourceSpans"]}),
    "messages in a row": lambda: as_protobuf(FIRST) + as_protobuf(SECOND),
    "big lengths": lambda: _framed(">I"),
    "little lengths": lambda: _framed("<I"),
    "delimited messages": _delimited,
    "compressed messages": lambda: _compressed([as_protobuf(FIRST), as_protobuf(SECOND)]),
    "compressed documents": lambda: _compressed([lines(FIRST), lines(SECOND)]),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_gives_the_same_tables(container: str) -> None:
    trace = read(CONTAINERS[container]())

    assert _without_lines(trace) == _without_lines(read(lines(FIRST, SECOND)))
    assert set(rows(trace)) == {"1", "2", "3"}
    assert trace.records == 3


@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_is_recognised(container: str) -> None:
    assert OTLP.sniff(Source("trace", CONTAINERS[container]()).head)


def test_a_document_may_be_cut_anywhere_between_two_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    spans = [span(number, (number, number + 1), {"text": 'a "quoted\\" {' * 9}) for number in range(1, 60)]
    content = json.dumps(document(*spans, service_name="s"), indent=1).encode() + b"\n" + lines(SECOND)
    whole = read(content)

    monkeypatch.setattr(json_pieces, "PIECE_BYTES", 2_000)
    cut = read(content)

    assert _without_lines(cut) == _without_lines(whole)
    assert [row["line"] for row in cut.spans.to_pylist()] == [row["line"] for row in whole.spans.to_pylist()]


def test_a_line_is_told_where_there_are_lines_and_else_the_number_of_the_record() -> None:
    two = document(span(1, (0, 1)), span(2, (0, 1)))

    assert [row["line"] for row in read(lines(two, SECOND)).spans.to_pylist()] == [1, 1, 2]
    assert [row["line"] for row in read(lines(two)).spans.to_pylist()] == [1, 2]
    assert [row["line"] for row in read(as_protobuf(two)).spans.to_pylist()] == [1, 2]


def test_signals_may_be_mixed() -> None:
    told = log(600, "codex.tool_result", {"conversation.id": "c", "duration_ms": "100", "call_id": "x"})
    metrics: dict[str, Any] = {"resourceMetrics": [{"scopeMetrics": []}, {"scopeMetrics": []}]}

    trace = read(lines(FIRST, logs(told), metrics))

    assert set(rows(trace)) == {"1", "2", "tool:x"}
    assert findings(trace) == {"metrics": 2}
    assert trace.records == 2 + 1 + 2


def test_log_records_in_protobuf_are_read_too() -> None:
    told = log(600, "codex.tool_result", {"conversation.id": "c", "duration_ms": "100", "call_id": "x"})

    assert table(read(logs_message(told)), "spans") == table(read(lines(logs(told))), "spans")


def test_spans_of_instrumentation_libraries_are_spans() -> None:
    old = {
        "resourceSpans": [
            {
                "resource": {},
                "instrumentationLibrarySpans": [
                    {"instrumentationLibrary": {"name": "vllm.engine"}, "spans": [span(1, (0, 1))]}
                ],
            }
        ]
    }

    trace = read(lines(old))

    assert set(rows(trace)) == {"1"}
    assert trace.dialects == ("vllm",)


def test_ids_are_lower_case_and_what_is_no_hexadecimal_stays_as_it_is() -> None:
    shouting = span(1, (0, 1)) | {"traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "EEE19B7EC3C1B174"}
    strange = span(2, (0, 1)) | {"traceId": "Trace-One", "spanId": "S01", "parentSpanId": "S00"}

    keys = {
        row["span_key"]: row.get("parent_key")
        for row in table(read(lines(document(shouting, strange))), "spans")
    }

    assert keys == {
        "5b8efff798038103d269b633813fc60c/eee19b7ec3c1b174": None,
        "Trace-One/S01": "Trace-One/S00",
    }


def test_an_id_of_zeros_is_none() -> None:
    root = span(1, (0, 1)) | {"parentSpanId": "0" * 16}
    homeless = span(2, (0, 1)) | {"traceId": "0" * 32}

    trace = read(lines(document(root, homeless)))

    assert "parent_key" not in rows(trace)["1"]
    assert set(rows(trace)) == {"1"}
    assert findings(trace) == {"no_trace_id": 1}


def test_a_span_without_an_id_is_known_by_name_and_start() -> None:
    trace = read(lines(document(span(1, (0, 1), name="n") | {"spanId": ""})))

    assert [row["span_key"] for row in table(trace, "spans")] == [f"{key(1).partition('/')[0]}/n/{T0}"]


@pytest.mark.parametrize(
    "fields",
    [
        {"startTimeUnixNano": T0, "endTimeUnixNano": T0 + 5},
        {"kind": "SPAN_KIND_CLIENT", "status": {"code": "STATUS_CODE_ERROR"}},
        {"status": None, "events": None, "links": None, "parentSpanId": None, "unknown": {"a": [1, {}]}},
        {
            "attributes": [
                *attributes({"a": [1, {"b": 2.5}], "c": {"d": [True]}}),
                {"key": "e"},
                {"key": "f", "value": {}},
            ]
        },
    ],
)
def test_what_exporters_write_differently_is_read(fields: dict[str, Any]) -> None:
    trace = read(lines(document(span(1, (0, 1)) | fields)))

    assert set(rows(trace)) == {"1"}
    assert findings(trace) == {}


def test_the_name_of_a_status_counts_like_its_number() -> None:
    named = span(1, (0, 1), status={"code": "STATUS_CODE_ERROR"})
    numbered = span(2, (0, 1), status={"code": 2})
    fine = span(3, (0, 1), status={"code": "STATUS_CODE_OK"})

    status = {
        number: row.get("status")
        for number, row in rows(read(lines(document(named, numbered, fine)))).items()
    }

    assert status == {"1": "error", "2": "error", "3": "ok"}


def test_bytes_and_nested_values_are_the_same_text_in_json_and_protobuf() -> None:
    values = attributes({"gen_ai.agent.name": [1, "a", {"k": 2.5}], "gen_ai.operation.name": "invoke_agent"})
    values.append({"key": "gen_ai.agent.id", "value": {"bytesValue": "AAAwOQ=="}})
    told = document(span(1, (0, 1)) | {"attributes": values})

    assert table(read(lines(told)), "agents") == table(read(as_protobuf(told)), "agents")
    assert table(read(lines(told)), "agents")[0]["name"] == '[1,"a",{"k":2.5}]'


def test_what_an_exporter_dropped_is_a_finding() -> None:
    lossy = span(1, (0, 1)) | {"droppedAttributesCount": 3}

    assert findings(read(lines(document(lossy)))) == {"dropped_by_exporter": 1}
    assert findings(read(as_protobuf(document(lossy)))) == {"dropped_by_exporter": 1}


def test_an_empty_batch_is_nothing_and_no_fault() -> None:
    assert findings(read(b'{"resourceSpans":[]}')) == {}
    assert findings(read(b'{"resourceSpans":[{"scopeSpans":[{"spans":[]}]}]}\n{"resourceLogs":null}\n')) == {}
    assert findings(read(traces_message())) == {}


def _without_lines(trace: RawTrace) -> dict[str, list[dict[str, Any]]]:
    names = ("spans", "agents", "marks", "links", "sessions", "key_edges", "findings")
    found = {name: table(trace, name) for name in names}
    for row in found["spans"] + found["findings"]:
        row.pop("line", None)
    return found


def test_span_keys_hold_the_trace_and_the_span() -> None:
    assert key(7) == f"0af7651916cd43dd8448eb211c80319c/{ident(7)}"
