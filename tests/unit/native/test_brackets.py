"""What a kernel finds open in a text that is cut off is what is found without it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.ingest import json_text
from agenttrace.native import library
from agenttrace.native.brackets import last_bracket

pytestmark = pytest.mark.skipif(
    library() is None, reason="without kernels: there was no C compiler, or AGENTTRACE_NATIVE is off"
)

_PIECES = [
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"\\",
    b'{"a":',
    b"[{",
    b"}]",
    b",",
    b"1",
    b'"b\\"c"',
    b"\n",
    b"\xff",
]
_DEEPEST = 256


@given(st.lists(st.sampled_from(_PIECES), max_size=40).map(b"".join))
def test_any_text_of_brackets_strings_and_escapes(text: bytes) -> None:
    assert last_bracket(text, _DEEPEST) == json_text._last_bracket(text)


@pytest.mark.parametrize("depth", [255, 256, 257, 300])
def test_nesting_ends_at_the_same_depth(depth: int) -> None:
    text = b"[" * depth + b"1" + b"]" * depth

    assert last_bracket(text, _DEEPEST) == json_text._last_bracket(text)


def test_what_is_open_is_told_from_the_outside_in() -> None:
    text = b'{"a": [1, {"b": [2], "c"'

    assert last_bracket(text, _DEEPEST) == (len(b'{"a": [1, {"b": [2]'), [b"{", b"[", b"{"])
