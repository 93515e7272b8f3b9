"""The page of a comparison as somebody opens it."""

import pytest

from browser.conftest import Opener
from browser.test_page import AXE, CHECK, WIDTHS
from browser.watched import until


def test_the_verdict_stands_first_in_a_sentence(opened: Opener) -> None:
    page = opened("diff")
    assert page.inner_text("h1").startswith("Regression: session.active_time (geomean) 12.0")
    assert page.locator("h1").bounding_box()["y"] < 200  # type: ignore[index]
    assert "regression" in page.inner_text("#gates tbody tr:first-child")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_of_it_sticks_out_of_the_window(opened: Opener, width: int, scheme: str) -> None:
    page = opened("diff", width=width, scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out_of_it(opened: Opener, scheme: str) -> None:
    page = opened("diff", scheme=scheme)
    for details in page.locator("details").all():
        details.evaluate("(details) => { details.open = true; }")
    page.evaluate(AXE)
    grave = [found for found in page.evaluate(CHECK) if found["impact"] in {"serious", "critical"}]
    assert [(found["id"], [node["target"] for node in found["nodes"]][:5]) for found in grave] == []


def test_each_of_its_charts_is_drawn_and_has_its_table(opened: Opener) -> None:
    page = opened("diff")
    page.wait_for_selector(".js-plotly-plot .main-svg")
    figures = page.locator("figure[data-chart]:visible")
    assert figures.count() == 3
    for figure in figures.all():
        assert figure.locator(".main-svg").count() > 0
        figure.locator("summary").click()
        assert figure.locator("tbody tr").count() > 1
    assert page.locator("figure[data-chart=slopes] tbody tr").count() == 24


def test_both_waterfalls_stand_side_by_side_each_with_its_table(opened: Opener) -> None:
    page = opened("diff")
    boxes = [figure.bounding_box() for figure in page.locator("svg.still").all()]
    assert len(boxes) == 2
    left, right = (box for box in boxes if box is not None)
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] < right["x"]
    assert left["width"] == pytest.approx(right["width"], abs=1)
    fill = "getComputedStyle(document.querySelector('svg.still rect.p-queue')).fill"
    assert page.evaluate(fill) == "rgb(230, 159, 0)"
    for figure in page.locator("figure.still").all():
        figure.locator("summary").click()
        assert figure.locator("tbody tr:visible").count() > 10


def test_the_most_moved_sessions_of_both_sides_can_be_walked_through(opened: Opener) -> None:
    page = opened("diff")
    names = page.locator("#session-pick option").all_inner_texts()
    assert len(names) == 8
    assert sorted({name.split()[0] for name in names}) == ["baseline", "candidate"]
    page.select_option("#session-pick", index=1)
    until(page, "agenttrace.session.id.startsWith('candidate ')")
    page.focus("canvas.bars")
    page.keyboard.press("End")
    until(page, "!document.querySelector('#chosen').innerText.startsWith('Nothing is chosen')")


def test_it_stands_without_a_program(opened: Opener) -> None:
    page = opened("diff", javascript=False)
    assert page.locator("#waterfall").is_hidden()
    assert page.locator("svg.still:visible").count() == 2
    assert page.locator("details.twin:not([open])").count() == 0
    assert page.locator("table:visible").count() > 8
