"""Transcripts as one document: the same records, in a list."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agenttrace.ingest.formats.claude_code.documents import is_document
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.registry import format_by_id
from agenttrace.ingest.source import Source
from contract.trace_files import SAMPLES, raw_of
from unit.ingest.telemetry.raw_rows import findings, rows

FAN_OUT = SAMPLES / "claude-code" / "fan-out.jsonl"
ASK = {"type": "user", "timestamp": "2026-03-01T10:00:00.000Z", "message": {"role": "user", "content": "?"}}
CALL = {
    "type": "assistant",
    "timestamp": "2026-03-01T10:00:05.000Z",
    "message": {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "t1", "name": "Read", "input": {}}],
    },
}
RESULT = {
    "type": "user",
    "timestamp": "2026-03-01T10:00:07.000Z",
    "message": {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "x"}]},
}
DONE = {
    "type": "assistant",
    "timestamp": "2026-03-01T10:00:11.000Z",
    "message": {"role": "assistant", "content": [{"type": "text", "text": "!"}]},
}


def _document(records: list[Any], **beside: Any) -> bytes:
    return json.dumps({**beside, "loglines": records}, indent=2).encode()


def _spans(data: bytes) -> list[tuple[Any, ...]]:
    found = rows(raw_of(data, "claude-code"))
    return [(row["session_key"], row["kind"], row.get("start_ns"), row.get("end_ns")) for row in found]


def test_a_document_tells_what_its_lines_would() -> None:
    lines = FAN_OUT.read_bytes()
    records = [json.loads(line) for line in lines.splitlines()]

    assert sorted(_spans(_document(records)), key=str) == sorted(_spans(lines), key=str)
    assert len(_spans(lines)) > 30


def test_records_that_name_nothing_follow_each_other() -> None:
    """User asks at 0, answer with a call until 5, its result at 7, the last answer until 11."""
    found = rows(raw_of(_document([ASK, CALL, RESULT, DONE]), "claude-code"))
    start = 1_772_359_200 * 10**9
    told = [
        (row["kind"], (row["start_ns"] - start) // 10**9, (row["end_ns"] - start) // 10**9)
        for row in found
        if row["kind"] in ("request", "tool")
    ]

    assert told == [("request", 0, 5), ("request", 7, 11), ("tool", 5, 7)]


def test_documents_without_ids_are_sessions_of_their_own() -> None:
    other = {**ASK, "timestamp": "2026-03-01T11:00:00.000Z"}
    keys = [{key for key, *_ in _spans(_document([first, CALL, RESULT, DONE]))} for first in (ASK, other)]

    assert len(keys[0] | keys[1]) == 2
    assert {key for key, *_ in _spans(_document([ASK, DONE], session_id="s-1"))} == {"claude:s-1"}


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (b'{"loglines": [', True),
        (b'\xef\xbb\xbf {"session_id": "a", "n": 3, "ok": null, "loglines":[{"type":"us', True),
        (b'{"other": {"loglines": []}}', False),
        (b'{"type": "user", "loglines": 3}', False),
        (b'["loglines", []]', False),
    ],
)
def test_a_document_is_known_by_its_list(head: bytes, known: bool) -> None:  # noqa: FBT001
    assert is_document(head) == known


@pytest.mark.parametrize("junk", [None, 5, "text", [], {}, {"type": ["user"]}, {"type": "user", "uuid": 3}])
def test_what_is_no_record_costs_itself(junk: Any) -> None:
    sound = _spans(_document([ASK, CALL, RESULT, DONE], session_id="s"))

    assert _spans(_document([ASK, CALL, RESULT, DONE, junk], session_id="s")) == sound


@pytest.mark.parametrize(
    "odd", ['"x":' + "[" * 600 + "]" * 600, f'"x":{10**30},"y":NaN'], ids=["deep", "large"]
)
def test_a_record_is_read_however_deep_it_is_and_however_large_its_numbers_are(odd: str) -> None:
    odd_call = json.dumps(CALL)[:-1] + f",{odd}}}"
    document = _document([ASK, 0, RESULT, DONE]).replace(b"\n    0,", b"\n    " + odd_call.encode() + b",")

    assert [span[1:] for span in _spans(document)] == [
        span[1:] for span in _spans(_document([ASK, CALL, RESULT, DONE]))
    ]


def test_a_record_that_is_nested_beyond_measure_costs_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """How deep the standard library writes depends on its version."""
    data = json.dumps({"loglines": [ASK, 0, DONE]}).replace("0,", '{"x":' + "[" * 600 + "]" * 600 + "},")

    def refuse(_: object) -> str:
        raise RecursionError

    monkeypatch.setattr(json, "dumps", refuse)

    assert findings(raw_of(data.encode(), "claude-code"))["record_unusable"] == 1


def test_a_document_that_is_cut_off_is_read_so_far() -> None:
    data = _document([ASK, CALL, RESULT, DONE], session_id="s")
    recorder = Recorder()
    format_by_id("claude-code").read(Source("x.json", data[:-200]), recorder)
    cut = recorder.trace()

    assert findings(cut)["torn_document"] == 1
    assert [row["kind"] for row in rows(cut)].count("request") == 1
