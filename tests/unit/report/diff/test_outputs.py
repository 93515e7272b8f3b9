"""A comparison in every format. AGENTTRACE_GOLDEN=write writes the expected pages anew: read them by eye."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agenttrace.diff.comparison import compare
from agenttrace.diff.policy import Budget, Gate, Level, Policy
from agenttrace.diff.result import Comparison
from agenttrace.diff.spread import Runs
from agenttrace.diff.statistics.shapes import Stat
from agenttrace.report.diff.as_github import annotation_lines
from agenttrace.report.diff.as_json import to_json
from agenttrace.report.diff.as_junit import to_junit
from agenttrace.report.diff.as_markdown import MOST_BYTES, to_markdown
from agenttrace.report.diff.headline import headline
from agenttrace.report.diff.outline import outline
from agenttrace.report.terminal import draw
from unit.diff.sides import S, drawn, side
from unit.report.analyses import HOSTILE
from unit.report.diff.comparisons import ALL, SOURCES, hostile, regression

PAGES = Path(__file__).parent / "pages"


def _terminal(of: Comparison, width: int = 100) -> str:
    return draw(outline(of, SOURCES), width=width, color=False)


def _annotations(of: Comparison) -> str:
    return "".join(f"{line}\n" for line in annotation_lines(of))


TEXTS: dict[str, Callable[[Comparison], str]] = {
    "txt": _terminal,
    "md": to_markdown,
    "xml": to_junit,
    "github": _annotations,
}


def _golden(name: str, text: str) -> str:
    """What is expected; written first where that was asked for."""
    page = PAGES / name
    if os.environ.get("AGENTTRACE_GOLDEN") == "write":
        page.parent.mkdir(exist_ok=True)
        page.write_text(text, encoding="utf-8")
    return page.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("name", ALL)
def test_the_text_is_as_it_was(name: str, kind: str) -> None:
    text = TEXTS[kind](ALL[name]())
    assert text == _golden(f"{name}.{kind}", text)


@pytest.mark.parametrize("name", ALL)
def test_the_document_is_as_it_was(name: str) -> None:
    text = to_json(ALL[name]()).decode()
    assert _alike(json.loads(text), json.loads(_golden(f"{name}.json", text)))


def _alike(one: Any, other: Any) -> bool:
    """Equal but for the last digits of numbers, which differ between machines."""
    if isinstance(one, float) or isinstance(other, float):
        return bool(one == pytest.approx(other, rel=1e-6, abs=1e-9))
    if isinstance(one, dict):
        return list(one) == list(other) and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return bool(one == other)


@pytest.mark.parametrize("name", ALL)
def test_the_gates_are_a_table_in_100_columns(name: str) -> None:
    page = _terminal(ALL[name]())
    assert max(map(len, page.splitlines())) <= 100
    gates = page.partition("Gates ")[2].splitlines()[1:]
    assert gates[0].split()[:2] == ["gate", "verdict"]
    assert gates[1].split()[:2] == ["session.active_time", "geomean"]


@cache
def _measured(slower: float, tasks: int, scene: str) -> Comparison:
    sides = side(drawn("a", tasks, seed=1)), side(drawn("b", tasks, seed=2, slower=slower))
    return compare(*sides, Policy(**_SCENES[scene]))


def _against(slower: float, scene: str, fail_on: str, tasks: int = 60) -> Comparison:
    of = _measured(slower, tasks, scene)
    return replace(of, policy=replace(of.policy, fail_on=(fail_on,)))


_TIGHT = Budget("session.active_time", Stat.P50, 1.0 * S)
_SCENES: dict[str, dict[str, Any]] = {
    "plain": {},
    "warns": {"gates": (Gate("session.active_time", Stat.P99, Level.WARN),)},
    "tight": {"budgets": (_TIGHT,)},
    "loose": {"budgets": (*[replace(_TIGHT, level=Level.WARN)] * 12, _TIGHT)},
}


@pytest.mark.parametrize("fail_on", ["regression", "inconclusive", "improvement", "never"])
@pytest.mark.parametrize("slower", [3.0, 1.0, 0.3])
@pytest.mark.parametrize(("scene", "tasks"), [("plain", 60), ("plain", 24), ("warns", 24), ("tight", 24)])
def test_every_output_fails_where_the_exit_code_does(
    fail_on: str, slower: float, scene: str, tasks: int
) -> None:
    of = _against(slower, scene, fail_on, tasks)
    suite = ET.fromstring(to_junit(of))  # noqa: S314  # written above
    assert not of.missing
    assert (suite.attrib["failures"] != "0") is of.failing
    assert any(line.startswith("::error ") for line in annotation_lines(of)) is of.failing


def test_what_is_doubtful_as_a_whole_is_a_failure_of_its_own() -> None:
    of = _against(1.0, "warns", "inconclusive", 24)
    assert of.doubtful
    assert '<testcase name="verdict" classname="agenttrace.sides"><failure ' in to_junit(of)
    assert annotation_lines(of)[0].startswith("::error title=verdict::Inconclusive: ")


def test_an_error_is_told_before_ten_warnings() -> None:
    lines = annotation_lines(_against(1.0, "loose", "regression", 24))
    assert [line.split(" ")[0] for line in lines] == ["::error", *["::warning"] * 10]


def test_too_few_for_one_gate_say_what_the_others_show_and_how_many_more_it_takes() -> None:
    before, after = (side(drawn(name, 24, seed=1)) for name in "ab")
    of = compare(before, after, noise={"session.active_time": Runs(0.0, 9, 10)})
    told = headline(of)
    assert told.startswith("Inconclusive: session.active_time (tail_mean) ")
    assert "needs at least 50 sessions a side, 26 more than there are" in told
    assert "no change in session.active_time (geomean)" in told


def test_no_p_is_shown_where_nothing_was_tested() -> None:
    of = _measured(3.0, 24, "plain")
    told = {row["stat"]: row for row in json.loads(to_json(of))["gates"]}
    assert told["geomean"]["p_adjusted"] < 0.05
    assert (told["tail_mean"]["p"], told["tail_mean"]["p_adjusted"]) == (None, None)
    assert "1.000" not in _terminal(of).partition("Workload")[0]
    assert ", p " not in to_junit(of).partition("tail_mean")[2]


def test_one_comparison_gives_the_same_bytes_twice() -> None:
    regression.cache_clear()
    first = to_json(regression())
    regression.cache_clear()
    assert to_json(regression()) == first


def test_the_comment_stays_below_what_a_comment_may_hold() -> None:
    assert len(to_markdown(hostile(), top=1000).encode()) <= MOST_BYTES


def test_hostile_words_do_nothing_in_any_format() -> None:
    of = hostile()
    page = _terminal(of)
    assert all(line.isprintable() for line in page.splitlines())
    for text in (to_markdown(of), to_junit(of), _annotations(of)):
        assert "\x1b" not in text
        assert "\u202e" not in text
    ET.fromstring(to_junit(of))  # noqa: S314  # written above
    assert len(_annotations(of).splitlines()) == len(annotation_lines(of))
    assert any(HOSTILE[:4] in row["name"] for row in json.loads(to_json(of))["attribution"])
