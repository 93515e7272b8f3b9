"""The report in the terminal. AGENTTRACE_GOLDEN=write writes the expected pages anew: read them by eye."""

import os
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agenttrace.critical_path.analysis import Analysis
from agenttrace.model.vocabulary import Phase
from agenttrace.report.cells import Bar, Column, Quoted, Section, Spark, Words
from agenttrace.report.terminal import LEAST_WIDTH, MOST_WIDTH, draw_sections, to_terminal
from unit.report.analyses import HOSTILE, S, analysis_of, long_session, many_sessions, session_row

PAGES = Path(__file__).parent / "pages"
DURATION = re.compile(r"\d+ (?:m \d+ s|h \d+ m)|\d[\d.]* (?:ms|s)\b")
ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize(
    ("name", "analysis"), [("one", long_session()), ("many", many_sessions())], ids=["one", "many"]
)
def test_the_page_is_as_it_was(name: str, analysis: Analysis, width: int) -> None:
    text = to_terminal(analysis, width=width, labels={"build": "a"} if name == "many" else None)
    page = PAGES / f"{name}-{width}.txt"
    if os.environ.get("AGENTTRACE_GOLDEN") == "write":
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
    assert text == page.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [-1, 0, 1, LEAST_WIDTH, 40, 59, 60, 80, 100, 120, 10**9])
@pytest.mark.parametrize("analysis", [long_session(), many_sessions()], ids=["one", "many"])
def test_no_line_is_wider_than_the_terminal(analysis: Analysis, width: int) -> None:
    lines = to_terminal(analysis, width=width).splitlines()
    assert max(map(len, lines)) <= min(max(width, LEAST_WIDTH), MOST_WIDTH)


@pytest.mark.parametrize("width", [LEAST_WIDTH, 33, 46, 60, 70])
@pytest.mark.parametrize("analysis", [long_session(), many_sessions()], ids=["one", "many"])
def test_no_figure_is_cut_however_narrow_the_terminal(analysis: Analysis, width: int) -> None:
    wide = to_terminal(analysis, width=120)
    narrow = " ".join(to_terminal(analysis, width=width).split())
    figures = DURATION.findall(wide)
    assert len(figures) > 20
    assert [figure for figure in figures if figure not in narrow] == []


def test_colour_changes_nothing_but_the_colour() -> None:
    plain = to_terminal(long_session(), width=100)
    colored = to_terminal(long_session(), width=100, color=True)
    assert "\x1b[" not in plain
    assert "\x1b[" in colored
    stripped = "".join(line.rstrip() + "\n" for line in ANSI.sub("", colored).splitlines())
    assert stripped == plain


def test_hostile_text_is_shown_and_does_nothing() -> None:
    analysis = long_session()
    texts = {
        name: getattr(analysis, name).with_columns(pl.lit(HOSTILE).alias(column) for column in columns)
        for name, columns in {
            "joins": ["waited_for_name"],
            "cache_misses": ["reason"],
            "findings": ["code", "file", "example"],
            "sources": ["path", "dialect"],
        }.items()
    }
    text = to_terminal(replace(analysis, **texts), width=120)
    assert all(line.isprintable() for line in text.splitlines())
    assert r"\x1b[31m[bold]evil[/bold]\u202e" in text


def test_a_session_id_of_any_length_leaves_the_figures_readable() -> None:
    rows = [session_row(f"{n}" * 200, {Phase.DECODE: n * S}) for n in (1, 2)]
    text = to_terminal(analysis_of(rows), width=80)
    assert "2.00 s" in text
    assert "…" in text


def test_what_is_too_small_to_be_seen_is_still_drawn() -> None:
    row = session_row("s", {Phase.DECODE: 10_000 * S, Phase.TOOL: 1})
    line = next(line for line in to_terminal(analysis_of([row])).splitlines() if line.startswith("  tool"))
    assert "▏" in line


def test_a_session_without_any_length_has_a_report() -> None:
    assert to_terminal(analysis_of([session_row("s", {})])).startswith("0 s, of which no time at all.")


def test_percentiles_are_marked_only_where_n_is_too_small() -> None:
    assert to_terminal(many_sessions(24)).count("n too small  n too small") == 1
    assert "wants 60 sessions" not in to_terminal(many_sessions(60))
    assert "too small" not in to_terminal(many_sessions(300))


def test_one_session_has_no_percentiles_over_sessions() -> None:
    assert "p95" not in to_terminal(long_session())


def test_background_work_is_a_join_where_it_was_waited_for() -> None:
    analysis = long_session()
    ended = analysis.joins.with_columns(background=True, slack_ns=pl.lit(0, pl.Int64))
    before = to_terminal(replace(analysis, joins=ended))
    assert "Joins that waited" not in before
    mixed = analysis.joins.with_columns(
        background=pl.col("turn") == 12, slack_ns=pl.col("slack_ns") * (pl.col("turn") != 12)
    )
    text = to_terminal(replace(analysis, joins=mixed))
    assert "background work had ended 1 × before it was used" in text
    assert "subagent explore" not in text


CELLS = {
    "number": st.integers(0, 10**9).map(lambda number: Words(f"{number}.5")),
    "text": st.text("abcdefgh-", max_size=40).map(Quoted),
    "bar": st.floats(0, 1).map(Bar) | st.just(Bar(1.0)),
    "spark": st.lists(st.floats(0, 1), min_size=1, max_size=200).map(
        lambda values: Spark(tuple(values), 1.0)
    ),
}


@st.composite
def sections(draw: st.DrawFn) -> Section:
    kinds = draw(st.lists(st.sampled_from([*CELLS, "number", "number"]), min_size=1, max_size=12))
    rows = draw(st.lists(st.tuples(*(CELLS[kind] for kind in kinds)), min_size=1, max_size=3))
    return Section("T", tuple(Column("c", kind) for kind in kinds), tuple(rows))  # type: ignore[arg-type]  # a key


@given(sections(), st.integers(LEAST_WIDTH, MOST_WIDTH))
def test_numbers_stay_whole_whatever_else_there_is(section: Section, width: int) -> None:
    lines = draw_sections([section], width=width, color=False).splitlines()

    shown = "".join(lines)
    assert all(cell.text in shown for row in section.rows for cell in row if isinstance(cell, Words))
    assert max(map(len, lines)) <= width
