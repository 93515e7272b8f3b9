"""Text from traces is hostile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.report.escaping import clipped, clipped_start, markdown_code, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("search", "search"),
        ("Größe/检索", "Größe/检索"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("a\u2066b\u2069", r"a\u2066b\u2069"),
        ("zero\u200bwidth", r"zero\u200bwidth"),
        ("\x9b31m", r"\x9b31m"),
        ("\u2028next", r"\u2028next"),
        ("\U000e0041tag", r"\U000e0041tag"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_is_not_visible_as_itself_is_spelt(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_escapes_the_escaping(text: str) -> None:
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)


@given(st.text(alphabet="`|<>\\a\n "))
def test_a_code_span_ends_where_it_should_and_stays_in_its_cell(text: str) -> None:
    span = markdown_code(text)
    fence = span[: len(span) - len(span.lstrip("`"))]
    inside = span[len(fence) : -len(fence)]
    assert span.endswith(fence)
    assert fence not in inside
    assert "|" not in span
    assert "\n" not in span


def test_clipping_says_that_it_clipped() -> None:
    assert clipped("abcdef", 4) == "abc…"
    assert clipped_start("abcdef", 4) == "…def"
    assert clipped("abcd", 4) == clipped_start("abcd", 4) == "abcd"
