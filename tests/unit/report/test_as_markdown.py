"""The report for a pull request."""

import re

from agenttrace.report.as_markdown import to_markdown
from unit.report.analyses import HOSTILE, long_session, many_sessions


def test_it_begins_with_the_answer() -> None:
    assert to_markdown(long_session()).startswith("**33 m 02 s, of which 61 % decode")


def test_every_row_of_a_table_has_as_many_cells_as_its_heading() -> None:
    for analysis in (long_session(), many_sessions()):
        for block in to_markdown(analysis, top=50).split("\n\n"):
            rows = [line for line in block.split("\n") if line.startswith("|")]
            assert len({line.count("|") for line in rows}) <= 1, block


def test_what_a_trace_says_stands_in_code_and_nowhere_else() -> None:
    text = to_markdown(long_session(), labels={"a": HOSTILE.replace("\n", "")})
    assert r"\x1b[31m[bold]evil" in text
    prose = re.sub(r"(`+).+?\1", "", text)
    for trick in ("evil", "<b>", "@all", "\x1b", "\u202e"):
        assert trick not in prose


def test_columns_that_n_does_not_carry_say_so() -> None:
    assert "p95 (n too small)" in to_markdown(many_sessions())
    assert "p95 (n too small)" not in to_markdown(many_sessions(60))
    assert "p99 (n too small)" in to_markdown(many_sessions(60))
