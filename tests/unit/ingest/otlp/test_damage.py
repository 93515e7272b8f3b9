"""Damage of any kind: a finding, never an exception, and what is whole is kept."""

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.formats.otlp import OTLP
from agenttrace.ingest.head import Head
from unit.ingest.otlp.protobuf import traces_message
from unit.ingest.otlp.telemetry import document, findings, lines, logs, read, rows, span

CHAT = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5, "text": 'said "{[" \\ …'}
SPANS = [span(number, (number, number + 1), CHAT) for number in range(1, 13)]
ONE_LINE = json.dumps(document(*SPANS)).encode()
PRETTY = json.dumps(document(*SPANS), indent=2).encode()
MANY_LINES = lines(*(document(each) for each in SPANS))
MESSAGE = traces_message(*SPANS)
MESSAGES = b"".join(traces_message(each) for each in SPANS)


@pytest.mark.parametrize("content", [ONE_LINE, PRETTY], ids=["compact", "pretty"])
def test_of_a_torn_document_every_complete_span_is_read(content: bytes) -> None:
    begins = [at for at in range(len(content)) if content.startswith(b'"traceId"', at)]
    last = content.rindex(b"}")
    for cut in [*range(begins[3], begins[5], 7), last, last - 3]:
        complete = sum(begin < cut for begin in begins)

        trace = read(content[:cut])

        assert trace.spans.num_rows in (complete - 1, complete)
        assert findings(trace) == {"torn_document": 1}


def test_a_torn_last_line_keeps_the_lines_and_its_own_complete_spans() -> None:
    trace = read(lines(document(*SPANS[:3])) + lines(document(*SPANS[3:]))[:-40])

    assert set(map(int, rows(trace))) == set(range(1, 12))
    assert findings(trace) == {"broken_json": 1}


def test_a_broken_line_leaves_the_rows_of_the_others_unchanged() -> None:
    broken = MANY_LINES.splitlines(keepends=True)
    broken[4] = b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": nonsense}]}]}]}\n'
    broken[0] = broken[0][200:]

    trace, whole = read(b"".join(broken)), read(MANY_LINES)

    untouched = [row for row in whole.spans.to_pylist() if row["line"] not in (1, 5)]
    assert trace.spans.to_pylist() == untouched
    assert findings(trace) == {"broken_json": 2, "broken_record": 1}


def test_a_broken_span_leaves_the_others_of_its_line() -> None:
    trace = read(ONE_LINE.replace(b'"spanId": "0000000000000005"', b'"spanId": 0000000000000005'))

    assert set(map(int, rows(trace))) == set(range(1, 13)) - {5}
    assert findings(trace) == {"broken_json": 1, "broken_record": 1}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": 5}, "wrong_type"),
        ({"attributes": [5, {"key": "x", "value": "y"}]}, "wrong_type"),
        ({"attributes": {"a": "b"}}, "wrong_type"),
        ({"startTimeUnixNano": "soon"}, "wrong_type"),
        ({"endTimeUnixNano": [1]}, "wrong_type"),
        ({"events": "none"}, "wrong_type"),
        ({"status": 7}, None),
        ({"traceId": 12}, "wrong_type"),
        ({"attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"intValue": True}}]}, "wrong_type"),
        ({"attributes": [{"key": "gen_ai.usage.input_tokens", "value": {"stringValue": 5}}]}, "wrong_type"),
        ({"endTimeUnixNano": 10**40}, None),
    ],
)
def test_a_value_of_the_wrong_type_costs_a_value(fields: dict[str, Any], code: str | None) -> None:
    trace = read(lines(document(span(1, (0, 1)) | fields, span(2, (0, 1), CHAT))))

    assert rows(trace)["2"]["input_tokens"] == 5
    assert (code is None) == ("wrong_type" not in findings(trace))


@pytest.mark.parametrize("value", [-1, 2**63, 2**64 - 1, 1e300, "9" * 400])
def test_numbers_out_of_range_are_unknown(value: Any) -> None:
    strange = span(1, (0, 1), CHAT) | {"startTimeUnixNano": value}
    huge = span(2, (0, 1), CHAT)
    huge["attributes"].append({"key": "gen_ai.usage.output_tokens", "value": {"intValue": value}})

    trace = read(lines(document(strange, huge)))

    assert "start_ns" not in rows(trace)["1"]
    assert "output_tokens" not in rows(trace)["2"]


def test_bytes_that_are_no_utf8_are_replaced() -> None:
    plain = json.dumps(document(span(3, (0, 1)), SPANS[0])).encode()
    trace = read(plain.replace(b'"span 3"', b'"span \xff"'))

    assert trace.spans.num_rows == 2
    assert rows(trace)["3"]["name"] == "span �"
    assert findings(trace) == {"invalid_utf8": 1}


def test_half_a_surrogate_pair_is_no_reason_to_lose_a_span() -> None:
    plain = json.dumps(document(span(3, (0, 1)))).encode()
    trace = read(plain.replace(b'"span 3"', b'"cut \\ud83d"'))

    assert rows(trace)["3"]["name"] == "cut ?"


def test_deep_nesting_costs_one_span() -> None:
    deep = b'{"key":"deep","value":' + b'{"arrayValue":{"values":[' * 50_000 + b"]}}" * 50_000 + b"}"
    content = ONE_LINE.replace(b'"spanId": "0000000000000005"', b'"spanId":"0000000000000005","x":' + deep)

    assert set(map(int, rows(read(content)))) >= set(range(1, 13)) - {5}


def test_a_torn_message_keeps_its_complete_spans() -> None:
    step = len(MESSAGE) // 12
    for cut in range(step, len(MESSAGE), step // 3):
        trace = read(MESSAGE[:cut])

        assert trace.spans.num_rows >= cut // step - 1
        assert findings(trace) == {"torn_protobuf": 1}


def test_a_broken_string_in_a_message_costs_its_span() -> None:
    trace = read(MESSAGE.replace(b"span 7", b"spa\xff 7"))

    assert set(map(int, rows(trace))) == set(range(1, 13)) - {7}
    assert findings(trace) == {"broken_protobuf": 1}


def test_a_damaged_length_does_not_hide_the_messages_behind_it() -> None:
    second = len(traces_message(SPANS[0]))
    broken = bytearray(MESSAGES)
    broken[second + 1 : second + 3] = b"\xff\x7f"

    trace = read(bytes(broken))

    assert trace.spans.num_rows == 12
    assert findings(trace) == {"torn_protobuf": 1}


def test_a_torn_frame_keeps_the_frames_before_it() -> None:
    framed = b"".join(struct.pack(">I", len(each)) + each for each in map(traces_message, SPANS))

    trace = read(framed[:-30])

    assert set(map(int, rows(trace))) >= set(range(1, 12))
    assert findings(trace) == {"torn_protobuf": 1}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[", b"}{", b"\x00", b'{"resourceSpans":[{"scopeSpans":[{"spans":[', b"null"]
)
def test_almost_nothing_is_no_reason_to_fail(content: bytes) -> None:
    assert read(content).spans.num_rows == 0


@given(st.data())
def test_no_damage_raises(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([ONE_LINE, PRETTY, MANY_LINES, MESSAGE, MESSAGES]))
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        how = data.draw(st.sampled_from(["flip", "cut", "insert", "swap"]))
        if how == "flip":
            content[at] ^= data.draw(st.integers(1, 255))
        elif how == "cut":
            del content[at : at + data.draw(st.integers(1, 50))]
        elif how == "insert":
            content[at:at] = data.draw(st.binary(max_size=20))
        else:
            content[:] = content[at:] + content[:at]
        if not content:
            break

    OTLP.sniff(Head(bytes(content[: 1 << 16])))
    read(bytes(content))


@given(st.binary(max_size=300))
def test_no_content_raises(content: bytes) -> None:
    assert OTLP.sniff(Head(content)) in (True, False)
    read(content)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(span(1, (0, 1)))), _JSON)
def test_any_value_in_any_field_costs_at_most_its_span(name: str, value: Any) -> None:
    trace = read(lines(document(span(1, (0, 1)) | {name: value}, span(2, (0, 1), CHAT))))

    assert rows(trace)["2"]["input_tokens"] == 5


@given(st.sampled_from(["attributes", "body", "timeUnixNano", "eventName", "traceId"]), _JSON)
def test_any_value_in_any_field_of_a_log_record_is_read_over(name: str, value: Any) -> None:
    trace = read(lines(logs({"timeUnixNano": "5", name: value}), document(span(2, (0, 1), CHAT))))

    assert rows(trace)["2"]["input_tokens"] == 5
