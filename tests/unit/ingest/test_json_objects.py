"""Records are found in lines, lists and pages, and each is counted once."""

import json
from typing import Any

import pytest

from agenttrace.ingest.json_objects import read_objects
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

A, B = {"id": "a"}, {"id": "b"}


def _read(content: bytes) -> tuple[list[tuple[int | None, Any]], Recorder]:
    recorder, found = Recorder(), []
    for line, value in read_objects(Source("by hand", content), recorder, ("data", "rows")):
        recorder.records += 1
        found.append((line, value))
    return found, recorder


@pytest.mark.parametrize(
    "document",
    [[A, B], {"data": [A, B], "meta": {}}, [{"data": [A]}, {"rows": [B]}], {"data": [A], "rows": [B]}],
)
def test_one_document(document: Any) -> None:
    found, recorder = _read(json.dumps(document, indent=1).encode())

    assert found == [(None, A), (None, B)]
    assert recorder.records == 2


def test_lines_have_their_numbers_and_pages_on_lines_too() -> None:
    lines = [A, {"data": [B, A]}, [B]]

    found, recorder = _read(b"\n".join(json.dumps(each).encode() for each in lines))

    assert found == [(1, A), (2, B), (2, A), (3, B)]
    assert recorder.records == 4


def test_what_is_no_object_is_told_and_counted() -> None:
    found, recorder = _read(b'[{"id": "a"}, 5, null, "x"]')

    assert found == [(None, A)]
    assert recorder.records == 4
    (finding,) = recorder.trace().findings.to_pylist()
    assert (finding["code"], finding["count"], finding["line"]) == ("not_a_record", 3, 2)


def test_a_table_of_lists_is_no_page() -> None:
    table = {"columns": ["a"], "data": [[1], [2]]}

    assert _read(json.dumps(table).encode())[0] == [(None, table)]


def test_texts_on_lines_of_their_own_do_not_make_a_document_lines() -> None:
    document = {"tags": ["first", "last"], "id": "a"}

    assert _read(json.dumps(document, indent=1).encode())[0] == [(None, document)]


def test_a_torn_page_gives_what_is_complete() -> None:
    whole = json.dumps({"data": [A, B]}).encode()

    found, recorder = _read(whole[:-8])

    assert [value for _, value in found] == [A]
    assert recorder.trace().findings["code"].to_pylist() == ["torn_document"]
