"""A replay as somebody opens it: offline, in any width and theme, with or without a program."""

from pathlib import Path

import pytest

from agenttrace.cli.application import main
from browser.conftest import SAMPLES, Opener
from browser.test_page import AXE, CHECK

HOSTILE = "<img src=x onerror=alert(1)>"
_TARGETS = ("--platform", "b200", "--platform", "vr-nvl72-lpx", "--platform", "h100")


@pytest.fixture(scope="session", autouse=True)
def replayed(reports: Path) -> None:
    """A capture on two platforms that hold the model and one that does not; and a platform of a hostile name."""
    (trace,) = sorted((SAMPLES / "dynamo-captures" / "A").glob("request-trace*"))
    options = ("--model", "kimi-k2-instruct", "--draws", "2", "-q")
    assert main(["replay", str(trace), *_TARGETS, *options, "--html", str(reports / "replay.html")]) == 0
    fitted = reports / "hostile.toml"
    assert main(["fit", str(trace), "-o", str(fitted), "--name", HOSTILE, "-q"]) == 0
    hostile = ("--platform", str(fitted), "--draws", "2", "-q")
    assert main(["replay", str(trace), *hostile, "--html", str(reports / "replay-hostile.html")]) == 0


def test_the_answer_stands_first_in_words_with_its_interval(opened: Opener) -> None:
    page = opened("replay")
    answer = page.inner_text("h1")
    assert "the median of 24 sessions takes" in answer
    assert "times as fast (90" in answer
    assert page.locator("h1").bounding_box()["y"] < 200  # type: ignore[index]
    assert "does not fit" in answer
    assert "GPUs at least" in page.inner_text("#room")
    assert "too few sessions for p95 and p99" in page.inner_text("header")


def test_every_number_says_whose_word_it_is(opened: Opener) -> None:
    text = opened("replay").inner_text("body")
    for claim in ("measured", "vendor", "assumed"):
        assert claim in text
    assert "first token under load are the least sure" in text
    assert "recorded durations come out again within 0\u00a0ns" in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["replay", "replay-hostile"])
def test_nobody_is_kept_out(opened: Opener, name: str, scheme: str) -> None:
    page = opened(name, scheme=scheme)
    for details in page.locator("details").all():
        details.evaluate("(details) => { details.open = true; }")
    page.evaluate(AXE)
    grave = [found for found in page.evaluate(CHECK) if found["impact"] in {"serious", "critical"}]
    assert [(found["id"], [node["target"] for node in found["nodes"]][:5]) for found in grave] == []


@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("name", ["replay", "replay-hostile"])
def test_nothing_sticks_out_of_the_window(opened: Opener, name: str, width: int) -> None:
    assert opened(name, width=width).evaluate("document.documentElement.scrollWidth") <= width


def test_charts_are_drawn_and_each_has_its_table(opened: Opener) -> None:
    page = opened("replay")
    page.wait_for_selector(".js-plotly-plot .main-svg")
    figures = page.locator("figure:visible")
    assert figures.count() >= 3
    for figure in figures.all():
        assert figure.locator(".main-svg").count() > 0
        figure.locator("summary").click()
        assert figure.locator("tbody tr").count() > 1


def test_the_tables_stand_without_a_program(opened: Opener) -> None:
    page = opened("replay", javascript=False)
    assert page.locator("table:visible").count() > 6
    assert page.locator(".plot:visible").count() == 0


def test_hostile_names_are_text(opened: Opener) -> None:
    page = opened("replay-hostile")
    assert page.locator("img").count() == 0
    assert HOSTILE in page.inner_text("body")
