"""The page's program writes numbers as the rest of agenttrace does."""

import random
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from agenttrace.units import format_count, format_duration, format_share, format_tokens

UNITS = files("agenttrace.report.html").joinpath("assets", "js", "units.js").read_text(encoding="utf-8")
HALF_SECOND_NS = 500_000_000


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.add_script_tag(content=UNITS)
    yield page
    page.close()


def _durations() -> list[int]:
    chance = random.Random(5)
    anywhere = [int(10 ** chance.uniform(0, 15)) for _ in range(2000)]
    between = [chance.randrange(200_000) * HALF_SECOND_NS for _ in range(2000)]
    return [0, *anywhere, *between, *(500 * number for number in range(2000))]


@pytest.mark.parametrize(
    ("name", "python", "values"),
    [
        ("formatDuration", format_duration, [(ns,) for ns in _durations()]),
        ("formatTokens", format_tokens, [(500 * number,) for number in range(4000)]),
        ("formatShare", format_share, [(part, 200) for part in range(500)]),
        ("formatCount", format_count, [(10**digits,) for digits in range(12)]),
    ],
)
def test_it_says_what_the_terminal_says(
    page: Page, name: str, python: Callable[..., str], values: list[tuple[Any, ...]]
) -> None:
    told = page.evaluate(f"(all) => all.map((values) => {name}(...values))", values)
    assert told == [python(*value) for value in values]


@pytest.mark.parametrize(
    ("ns", "step_ns", "words"),
    [
        (59_999_700_000, 10**6, "1:00.000"),
        (59_999_400_000, 10**6, "0:59.999"),
        (3_599_999_900_000, 10**6, "1:00:00.000"),
        (61_500_000_000, 10**8, "1:01.5"),
        (3_600_000_000_000, 10**9, "1:00:00"),
        (1, 1, "0:00.000000001"),
    ],
)
def test_an_instant_is_rounded_before_it_is_divided(page: Page, ns: int, step_ns: int, words: str) -> None:
    assert page.evaluate("([ns, step]) => formatInstant(ns, step)", [ns, step_ns]) == words
