"""Damage: a finding with line and reason, no exception, and other lines as they were."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest.formats.claude_code.careful import read_carefully
from agenttrace.ingest.formats.claude_code.records import DECODER, Record
from unit.ingest.claude_code.chat import Chat, call, read


def _chat() -> Chat:
    chat = Chat()
    chat.prompt(0)
    chat.answer(1, "1", call("t1"), stop="tool_use")
    chat.result(2, "t1", {"durationMs": 900})
    chat.answer(5, "2")
    chat.prompt(60, "more")
    chat.answer(65, "3")
    return chat


def _with_line(number: int, line: bytes) -> bytes:
    lines = _chat().content.splitlines()
    lines[number - 1] = line
    return b"\n".join(lines) + b"\n"


def test_a_cut_last_line_is_normal() -> None:
    content = _chat().content[:-30]
    reading = read(content)
    assert len(reading.of("request")) == 2
    assert (reading.findings["torn_last_line"]["line"], reading.findings["torn_last_line"]["severity"]) == (
        6,
        "info",
    )


def test_a_missing_last_newline_is_no_finding() -> None:
    assert read(_chat().content.rstrip(b"\n")).findings == {}


def test_a_broken_line_is_told_with_its_number_and_the_others_stay() -> None:
    whole = _chat().read()
    reading = read(_with_line(4, b'{"type":"assistant","mess'))
    assert reading.findings["broken_line"]["line"] == 4
    assert set(reading.spans) == set(whole.spans) - {"req:msg_2:req_2"}
    assert reading.spans["tool:t1"] == whole.spans["tool:t1"]


def test_two_objects_on_one_line_are_two_records() -> None:
    lines = _chat().content.splitlines()
    reading = read(b"\n".join([*lines[:3], lines[3] + lines[4], lines[5]]))
    assert set(reading.spans) == set(_chat().read().spans)
    assert reading.findings["joined_lines"]["line"] == 4
    assert reading.records == 6


def test_a_blank_line_does_not_make_up_for_two_objects_on_one() -> None:
    lines = _chat().content.splitlines()
    reading = read(b"\n".join([*lines[:3], lines[3] + lines[4], b"", lines[5]]))
    assert reading.findings["joined_lines"]["line"] == 4
    assert reading.spans["req:msg_3:req_3"]["line"] == 6


@pytest.mark.parametrize("line", [b"[1]", b"null", b'"words"', b"3"])
def test_what_is_no_object_is_told(line: bytes) -> None:
    assert read(_with_line(1, line)).findings["not_an_object"]["line"] == 1


def test_fields_of_other_types_are_missing_and_the_rest_of_the_record_stands() -> None:
    chat = _chat()
    chat.records[3]["message"]["usage"]["input_tokens"] = {"secret": 1}
    chat.records[3]["message"]["stop_reason"] = 5
    reading = chat.read()
    request = reading.spans["req:msg_2:req_2"]
    assert (request["input_tokens"], request["output_tokens"]) == (110, 7)
    finding = reading.findings["field_unusable"]
    assert (finding["line"], finding["count"]) == (4, 2)
    assert "message.usage.input_tokens" in finding["example"]
    assert "secret" not in finding["example"]


@pytest.mark.parametrize(
    "change",
    [
        lambda line: line.replace(b'"content": "more"', b'"content": "mo\xff\xfere"'),
        lambda line: line.replace(b'"content": "more"', b'"content": "mo\\ud83dre"'),
        lambda line: b"\xef\xbb\xbf" + line,
        lambda line: line.replace(b'"isSidechain": false', b'"isSidechain": false, "score": NaN'),
    ],
    ids=["no utf-8", "half a surrogate pair", "byte order mark", "not a number"],
)
def test_what_is_not_strictly_json_is_understood(change: Any) -> None:
    lines = _chat().content.splitlines()
    lines[4] = change(lines[4])
    reading = read(b"\n".join(lines))
    assert set(reading.spans) == set(_chat().read().spans)
    assert set(reading.findings) <= {"repaired_line"}


def test_a_line_that_nests_too_deeply_is_broken() -> None:
    deep = b'{"type":"user","x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    assert read(_with_line(5, deep)).findings["broken_line"]["line"] == 5


def test_extreme_values_are_taken_as_missing() -> None:
    chat = _chat()
    chat.records[1]["timestamp"] = "9999-12-31T23:59:59.999Z"
    chat.records[3]["message"]["usage"] = {"input_tokens": 10**30, "output_tokens": -5}
    chat.records[2]["toolUseResult"] = {"durationMs": 1e300}
    reading = chat.read()
    assert reading.spans["req:msg_2:req_2"]["input_tokens"] is None
    assert reading.spans["req:msg_1:req_1"]["start_ns"] is None
    assert reading.findings["no_time"]["count"] == 1


def test_records_of_unknown_types_are_counted_by_type() -> None:
    chat = _chat()
    chat.add("novelty", 66)
    chat.add("novelty", 67)
    chat.system(68, "surprise")
    chat.records.append({"no": "type"})
    finding = chat.read().findings["unknown_record"]
    assert finding["count"] == 4
    assert (finding["line"], finding["severity"]) == (7, "warning")
    assert finding["example"] == "novelty ×2, system/surprise ×1, none ×1"


def test_known_bookkeeping_is_counted_and_nothing_else() -> None:
    chat = _chat()
    chat.records += [
        {"type": "summary", "summary": "secret", "leafUuid": "u1"},
        {"type": "mode", "mode": "plan"},
    ]
    reading = chat.read()
    assert set(reading.findings) == {"bookkeeping"}
    assert reading.findings["bookkeeping"]["count"] == 2
    assert reading.records == 8


def test_nothing_that_was_said_enters_rows_or_findings() -> None:
    secret = "hunter2"
    chat = Chat()
    chat.prompt(0, secret)
    chat.answer(1, "1", call("t1", "Bash", command=secret), {"type": "text", "text": secret}, stop="tool_use")
    chat.result(2, "t1", {"stdout": secret, "status": secret})
    chat.system(3, "api_error", error={"message": secret, "status": 500}, retryAttempt=1, retryInMs=1)
    chat.queue(3, "enqueue", secret)
    chat.answer(5, "2")
    chat.records.append({"type": secret + " " + secret, "sessionId": "s1"})
    chat.records.append({"type": "user", "uuid": 5, "message": {"content": {secret: secret}}})
    reading = chat.read()
    assert secret not in repr(reading)


def test_a_compressed_file_that_ends_early_gives_what_was_good(tmp_path: Path) -> None:
    chat = Chat()
    chat.prompt(0)
    for number in range(2_000):
        said = hashlib.sha256(str(number).encode()).hexdigest()
        chat.answer(1 + number, str(number), {"type": "text", "text": said})
    packed = gzip.compress(chat.content)
    file = tmp_path / "x.jsonl.gz"
    file.write_bytes(packed[: len(packed) // 2])
    reading = read(file)
    assert 0 < len(reading.of("request")) < 2_000
    assert "damaged_end" in reading.findings


def _plain(value: Any) -> Any:
    if isinstance(value, msgspec.Raw):
        return ("raw", json.loads(bytes(value)) if bytes(value) else None)
    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    return [_plain(each) for each in value] if isinstance(value, list) else value


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from([field.encode_name for field in msgspec.structs.fields(Record)])


@given(st.sampled_from(_chat().records), st.dictionaries(_NAMES, _VALUES, max_size=3))
def test_both_ways_to_a_record_give_the_same(record: dict[str, Any], changed: dict[str, Any]) -> None:
    line = json.dumps(record | changed).encode()
    (careful,) = read_carefully(line).records
    try:
        quick = DECODER.decode(line)
    except msgspec.ValidationError:
        return
    assert _plain(quick) == _plain(careful)


@given(st.data())
def test_no_damage_raises(data: st.DataObject) -> None:
    lines = [json.loads(line) for line in _chat().content.splitlines()]
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(lines) - 1))
        lines[place] = {**lines[place], data.draw(_NAMES): data.draw(_VALUES)}
    content = bytearray(b"\n".join(json.dumps(line).encode() for line in lines))
    for _ in range(data.draw(st.integers(0, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    for span in read(bytes(content)).spans.values():
        assert span["end_ns"] is None or span["start_ns"] is None or span["start_ns"] <= span["end_ns"]
