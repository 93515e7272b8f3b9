"""JSON as traces hold it: whole, lenient, joined, torn, broken in the middle, nested without end."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.errors import InputError
from agenttrace.ingest import json_values
from agenttrace.ingest.head import Head
from agenttrace.ingest.json_text import begins_document, closed, parsed, parsed_parts
from agenttrace.ingest.json_values import read_document, read_lines, read_values
from agenttrace.ingest.recorder import Recorder
from agenttrace.ingest.source import Source

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def _findings(recorder: Recorder) -> list[tuple[str, int]]:
    return [(row["code"], row["line"]) for row in recorder.trace().findings.to_pylist()]


def _lines(text: bytes) -> tuple[list[tuple[int, Any]], list[tuple[str, int]]]:
    recorder = Recorder()
    return [tuple(value) for value in read_lines(Source("x", text), recorder)], _findings(recorder)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": NaN}', None),
        (b'{"a": "\\ud800"}', {"a": "?"}),
        (b'{"a": "\xff"}', {"a": "�"}),
        (b"[" * 100_000, None),
        (b"", None),
    ],
)
def test_what_writers_of_json_emit_is_understood(text: bytes, value: Any) -> None:
    found = parsed(text)

    assert found == value if value is not None or b"NaN" not in text else found["a"] != found["a"]


@given(st.lists(VALUES, min_size=1, max_size=5), st.data())
def test_a_document_cut_anywhere_keeps_the_elements_that_are_complete(
    items: list[Any], data: st.DataObject
) -> None:
    text = json.dumps(items).encode()
    cut = data.draw(st.integers(1, len(text)))

    kept = parsed(closed(text[:cut]))

    whole = [n for n in range(len(items)) if len(json.dumps(items[: n + 1])) <= cut]
    assert isinstance(kept, list)
    assert kept[: len(whole)] == items[: len(whole)]


@given(st.binary(max_size=200))
def test_closing_any_bytes_never_fails(text: bytes) -> None:
    closed(text)
    parsed_parts(text)


def test_lines_that_are_joined_torn_or_broken_are_told_apart() -> None:
    values, findings = _lines(b'{"a": 1}{"a": 2}\n{"a": 3, \n\n{"a": 4}\n{"a": ')

    assert values == [(1, {"a": 1}), (1, {"a": 2}), (4, {"a": 4})]
    assert findings == [("joined_lines", 1), ("broken_line", 2), ("torn_last_line", 5)]


def test_what_stands_behind_a_value_is_not_lost_without_a_word() -> None:
    values, findings = _lines(b'{"a": 1} and more\n{"a": 2}\n')

    assert values == [(1, {"a": 1}), (2, {"a": 2})]
    assert findings == [("broken_line", 1)]


@pytest.mark.parametrize(
    ("text", "value", "findings"),
    [
        (b'[{"a": 1},\n {"a": 2},\n {"a"', [{"a": 1}, {"a": 2}], [("torn_document", 2)]),
        (b'[{"a": 1},\n {"a": 2, x},\n {"a": 3}]', [{"a": 1}, {"a": 2}], [("torn_document", 2)]),
        (b'\xef\xbb\xbf{"a": [1, 2]}', {"a": [1, 2]}, []),
        (b"nothing of the kind", None, [("broken_document", 1)]),
        (b" ", None, []),
    ],
)
def test_of_a_broken_document_what_is_complete_is_read(text: bytes, value: Any, findings: list[Any]) -> None:
    recorder = Recorder()

    assert read_document(Source("x", text), recorder) == value
    assert _findings(recorder) == findings


def test_a_document_too_large_for_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_values, "LARGEST_DOCUMENT_BYTES", 100)

    with pytest.raises(InputError, match="more than"):
        read_document(Source("x", b"[" + b" " * 200 + b"]"), Recorder())


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (b'{"a": 1}\n{"a": 2}\n', [(1, {"a": 1}), (2, {"a": 2})]),
        (b'{"a": 1}', [(1, {"a": 1})]),
        (b'{\n "a":\n 1}', [(1, {"a": 1})]),
        (b"[\n1,\n2]\n", [(1, [1, 2])]),
        (b'[{"a": 1},\n {"a": 2},\n {"a": 3}\n]\n', [(1, [{"a": 1}, {"a": 2}, {"a": 3}])]),
        (b'[{"a": 1}\n,{"a": 2}\n]', [(1, [{"a": 1}, {"a": 2}])]),
        (b'[{"a": 1}]\n[{"a": 2}]\n', [(1, [{"a": 1}]), (2, [{"a": 2}])]),
        (b'{"a":\n{"a": 2}\n', [(2, {"a": 2})]),
        (b'{"a": [\n{"b": 1},\n{"b": 2}\n]}', [(1, {"a": [{"b": 1}, {"b": 2}]})]),
    ],
)
def test_lines_and_documents_are_told_apart(text: bytes, values: list[Any]) -> None:
    assert [tuple(value) for value in read_values(Source("x", text), Recorder())] == values


@pytest.mark.parametrize(
    ("data", "items"),
    [
        (b'[{"a": 1}, {"b": 2}, {"c"', ({"a": 1}, {"b": 2})),
        (b'{"a": [1, {"b": 2}, {"c"', ({"a": [1, {"b": 2}]},)),
        (b'{"a": 1}\n{"b": 2}\n{"c"', ({"a": 1}, {"b": 2})),
        (b'{"a": [\n{"b": 1},\n{"b": 2}\n]}', ({"a": [{"b": 1}, {"b": 2}]},)),
        (b"\x00\x01", ()),
    ],
)
def test_a_head_shows_what_is_complete_in_it(data: bytes, items: tuple[Any, ...]) -> None:
    assert Head(data).items == items


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        (b'{\n "a": 1}', True),
        (b'{"x": [{\n"a": 1}]}', True),
        (b'[{"a": 1},\n{"b": 2}]', True),
        (b'[{"a": 1},\n', True),
        (b'[{"a": ,\n{"b": 2}', False),
        (b'{"a": "{\n"b": 2}', False),
        (b'{"a": "\\"[\n"b": 2}\n', False),
        (b'{"a": 1}\n{"b": 2}', False),
    ],
)
def test_a_line_that_is_cut_off_in_a_text_begins_no_document(*, text: bytes, begins: bool) -> None:
    assert begins_document(text) is begins
