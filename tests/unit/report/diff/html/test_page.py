"""The page of a comparison as text. AGENTTRACE_GOLDEN=write writes the expected one anew: look at it in a browser."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from agenttrace.critical_path.analysis import analyze
from agenttrace.diff.comparison import compare
from agenttrace.diff.result import Comparison
from agenttrace.diff.summaries import summarise_sessions
from agenttrace.ingest.reading import read
from agenttrace.report.diff.html.page import diff_page
from agenttrace.report.diff.html.pairs import DrawnPair
from agenttrace.report.diff.redaction import key_of, redacted, redacted_pair
from agenttrace.report.timeline.timeline import timelines
from browser.hostile import write_hostile_trace
from house.repository import ROOT
from unit.report.diff.comparisons import ALL, SOURCES, few, hostile, nothing, regression

PAGES = Path(__file__).parents[1] / "pages"
CAPTURES = ROOT / "sample_traces" / "dynamo-captures"
HIDDEN = re.compile(r"(<(script|style)\b[^>]*>).*?(</\2>)", re.DOTALL)
POLICY = re.compile(r"sha256-[^']*|(?<=content=\"agenttrace )[^\"]*|(?<=Written by agenttrace )\S*(?=\.)")


class Elements(HTMLParser):
    """Elements with their attributes, as a browser would see them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def captures() -> tuple[Comparison, list[DrawnPair]]:
    """Both captures compared, with the most moved task as it is drawn."""
    traces = [read(CAPTURES / name) for name in "AB"]
    sides = [summarise_sessions(trace, analyze(trace)) for trace in traces]
    found = compare(sides[0], sides[1])
    first = found.movers[0]
    names = (first.baseline_session, first.candidate_session)
    drawn = [next(timelines(trace, [name])) for trace, name in zip(traces, names, strict=True)]
    return found, [DrawnPair(first.task, drawn[0], drawn[1])]


@pytest.mark.parametrize("name", ALL)
def test_the_page_is_as_it_was(name: str) -> None:
    """All of it but style, scripts and what they are given."""
    text = POLICY.sub("", HIDDEN.sub(r"\1\3", diff_page(ALL[name](), SOURCES)))
    page = PAGES / f"{name}.html"
    if os.environ.get("AGENTTRACE_GOLDEN") == "write":
        page.write_text(text, encoding="utf-8")
    assert text == page.read_text(encoding="utf-8")


def test_the_same_comparison_gives_the_same_bytes(captures: tuple[Comparison, list[DrawnPair]]) -> None:
    of, pairs = captures
    assert diff_page(of, SOURCES, pairs) == diff_page(of, SOURCES, pairs)


def test_the_verdict_stands_first_then_gates_then_what_explains_them(
    captures: tuple[Comparison, list[DrawnPair]],
) -> None:
    text = diff_page(captures[0], SOURCES, captures[1])
    assert re.search(r'<h1 id="answer">Regression: session\.active_time', text)
    titles = [
        *("Gates", "Workload", "Both distributions", "Each task", "Where it went", "In which parts"),
        *("The most moved task, side by side", "Waterfall", "All metrics", "Glossary and assumptions"),
    ]
    places = [text.index(f">{title}</h2>") for title in titles]
    assert places == sorted(places)


def test_the_most_moved_task_is_drawn_twice_on_one_scale(
    captures: tuple[Comparison, list[DrawnPair]],
) -> None:
    text = diff_page(captures[0], SOURCES, captures[1])
    figures = re.findall(r'<svg class="still".*?</svg>', text, re.DOTALL)
    assert len(figures) == 2
    ends = []
    for figure in figures:
        bars = re.findall(r'<rect class="path" x="([\d.]+)" y="\d+" width="([\d.]+)"', figure)
        ends.append(max(float(x) + float(width) for x, width in bars))
    (pair,) = captures[1]
    assert pair.baseline is not None
    assert pair.candidate is not None
    walls = [one.end_ns - one.start_ns for one in (pair.baseline, pair.candidate)]
    assert ends[1] == pytest.approx(1000, abs=1)
    assert ends[0] / ends[1] == pytest.approx(walls[0] / walls[1], rel=0.02)


@pytest.mark.parametrize("name", ALL)
def test_it_loads_nothing_and_every_part_can_be_gone_to(name: str) -> None:
    elements = Elements(diff_page(ALL[name](), SOURCES)).found
    ids = [attributes["id"] for _, attributes in elements if attributes.get("id")]
    assert len(ids) == len(set(ids))
    for tag, attributes in elements:
        assert tag not in {"link", "iframe", "object", "embed", "base", "form", "img"}
        for attribute in ("src", "href"):
            value = attributes.get(attribute) or ""
            assert value == "" or value[1:] in ids, (tag, attributes)


@pytest.mark.parametrize("make", [regression, nothing, few])
def test_what_cannot_be_drawn_is_said(make: object) -> None:
    of = make()  # type: ignore[operator]
    text = diff_page(of, SOURCES)
    assert ("not paired" in text) is not of.pairing.paired
    assert ("keeps times, not traces" in text) is of.pairing.paired


def test_hostile_words_are_text_in_the_page(tmp_path: Path) -> None:
    trace = read(write_hostile_trace(tmp_path / "hostile.jsonl"))
    drawn = next(timelines(trace))
    text = diff_page(hostile(), SOURCES, [DrawnPair(drawn.session, drawn, drawn)])
    elements = Elements(text).found
    assert not {"b", "img"} & {tag for tag, _ in elements}
    assert not any(name.startswith("on") for _, attributes in elements for name in attributes)
    assert sum(tag == "script" and "type" not in attributes for tag, attributes in elements) == 2
    for character in ("\x1b", "\u202e", "\u2028", "\x00"):
        assert character not in text


def test_nothing_of_the_traces_is_in_a_redacted_page(captures: tuple[Comparison, list[DrawnPair]]) -> None:
    of, pairs = captures
    redaction = key_of(of, SOURCES)
    shown = diff_page(redacted(of, redaction), SOURCES, [redacted_pair(pair, redaction) for pair in pairs])
    whole = diff_page(of, SOURCES, pairs)
    for word in ("web_search", "read_file", "researcher", of.movers[0].task, of.movers[0].baseline_session):
        assert word in whole
        assert word not in shown
    assert redacted(of, redaction).verdict is of.verdict


def test_a_kept_baseline_has_no_waterfall_but_the_other_side_has(
    captures: tuple[Comparison, list[DrawnPair]],
) -> None:
    of, (pair,) = captures
    text = diff_page(of, SOURCES, [replace(pair, baseline=None)])
    assert text.count('<svg class="still"') == 1
