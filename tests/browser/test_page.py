"""The report as somebody opens it: offline, in any width and theme, with or without a program."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from browser.conftest import Opener
from browser.hostile import HOSTILE, SESSION
from browser.watched import until, watch

WIDTHS = (375, 1440, 1920)
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
CHECK = "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations)"


@pytest.mark.parametrize("name", ["one", "many"])
def test_the_answer_stands_first_in_words(opened: Opener, name: str) -> None:
    page = opened(name)
    answer = page.inner_text("h1")
    assert re.match(r"33\sm\s04\ss, of which|24 sessions, median", answer)
    assert page.locator("h1").bounding_box()["y"] < 200  # type: ignore[index]
    assert len(page.locator("h1").all()) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out_of_the_window(opened: Opener, width: int, scheme: str) -> None:
    for name in ("one", "many", "hostile"):
        page = opened(name, width=width, scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_light_and_dark_go_by_the_system_until_the_reader_chooses(opened: Opener) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light, dark = opened("one").evaluate(ground), opened("one", scheme="dark").evaluate(ground)
    assert (light, dark) == ("rgb(255, 255, 255)", "rgb(20, 23, 28)")
    page = opened("one", scheme="dark")
    page.click("#theme")
    assert page.evaluate(ground) == light
    assert page.evaluate(_GROUND_OF_THE_BARS) == [255, 255, 255]


_GROUND_OF_THE_BARS = """(() => { agenttrace.drawNow(); const canvas = agenttrace.canvas;
  return [...canvas.getContext("2d").getImageData(canvas.width - 2, canvas.height - 2, 1, 1).data.slice(0, 3)]; })()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["one", "many", "hostile"])
def test_nobody_is_kept_out(opened: Opener, name: str, scheme: str) -> None:
    page = opened(name, scheme=scheme)
    for details in page.locator("details").all():
        details.evaluate("(details) => { details.open = true; }")
    page.evaluate(AXE)
    grave = [found for found in page.evaluate(CHECK) if found["impact"] in {"serious", "critical"}]
    told = [(found["id"], [node["target"] for node in found["nodes"]][:5]) for found in grave]
    assert told == []


@pytest.mark.parametrize("name", ["one", "many"])
def test_the_tables_stand_without_a_program(opened: Opener, name: str) -> None:
    page = opened(name, javascript=False)
    assert page.locator("#waterfall").is_hidden()
    assert page.locator("#theme").is_hidden()
    tables = page.locator("table:visible")
    assert tables.count() > 8
    titles = page.locator("summary:visible").all_inner_texts()
    assert "The longest stretches of the critical path" in titles
    assert page.locator("details.twin:not([open])").count() == 0
    assert page.locator(".plot:visible").count() == 0


@pytest.mark.parametrize("name", ["one", "many"])
def test_charts_are_drawn_and_each_has_its_table(opened: Opener, name: str) -> None:
    page = opened(name)
    page.wait_for_selector(".js-plotly-plot .main-svg")
    figures = page.locator("figure:visible")
    assert figures.count() >= 2
    for figure in figures.all():
        assert figure.locator(".main-svg").count() > 0
        figure.locator("summary").click()
        assert figure.locator("tbody tr").count() > 1


@pytest.mark.parametrize("name", ["one", "many", "idle"])
def test_its_contents_lead_to_parts_that_are_there(opened: Opener, name: str) -> None:
    page = opened(name)
    links = page.locator("nav a").evaluate_all("(all) => all.map((link) => link.hash.slice(1))")
    assert [key for key in links if page.locator(f"[id='{key}']").count() != 1] == []
    assert len(links) > 2


def test_on_paper_everything_is_open_and_nothing_is_a_tool(opened: Opener) -> None:
    page = opened("one", scheme="dark")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("main details:not([open])").count() == 0
    assert page.locator("nav").is_hidden()
    assert page.locator("#waterfall .tools").is_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    assert page.locator("main details[open]").count() == 0


def test_on_paper_charts_can_be_read_whatever_the_theme_was(opened: Opener) -> None:
    page = opened("one", scheme="dark")
    page.wait_for_selector(".js-plotly-plot .xtitle")
    fill = "getComputedStyle(document.querySelector('.xtitle')).fill"
    on_screen = page.evaluate(fill)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(fill) == "rgb(27, 31, 36)"
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(fill) == on_screen


def test_paper_is_white_without_a_program_too(opened: Opener) -> None:
    page = opened("one", scheme="dark", javascript=False)
    page.emulate_media(media="print")
    corner = page.screenshot(clip={"x": 0, "y": 0, "width": 1, "height": 1})
    page.emulate_media(media="screen", color_scheme="light")
    assert corner == page.screenshot(clip={"x": 0, "y": 0, "width": 1, "height": 1})


def test_phases_keep_their_colours_where_the_system_sets_all_others(opened: Opener) -> None:
    page = opened("one")
    page.emulate_media(forced_colors="active")
    colour = "getComputedStyle(document.querySelector('td.bar .p-model')).backgroundColor"
    assert page.evaluate(colour) == "rgb(63, 111, 209)"


def test_a_window_that_becomes_narrow_shows_all_of_it(opened: Opener) -> None:
    page = opened("one")
    page.wait_for_selector(".js-plotly-plot .main-svg")
    page.set_viewport_size({"width": 420, "height": 500})
    until(page, "document.documentElement.scrollWidth <= 420")
    until(page, "agenttrace.scroller.clientHeight <= 500")


def test_it_lives_within_another_page(browser: Browser, reports: Path) -> None:
    page = browser.new_page()
    watched = watch(page)
    fill = "(html) => document.body.append(Object.assign(document.createElement('iframe'), {srcdoc: html}))"
    page.evaluate(fill, (reports / "one.html").read_text(encoding="utf-8"))
    inside = page.frame_locator("iframe")
    inside.locator("html[data-ready=yes]").wait_for(state="attached")
    inside.locator("#walk-back").dispatch_event("click")
    page.wait_for_timeout(400)
    assert (inside.locator("#walk-sum").text_content() or "").startswith("stretch 302 of 302")
    page.close()
    assert watched.faults == []


def test_hostile_names_are_text(opened: Opener) -> None:
    page = opened("hostile")
    assert page.locator("img").count() == 0
    assert page.locator("script:not([type])").count() == 2
    assert page.locator("[onerror], [onmouseover]").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    text = page.inner_text("body")
    assert SESSION in text
    assert "\u202e" not in text
    _walk_all(page)
    shown = _spans_table(page)
    for name in HOSTILE:
        assert _visible(name) in shown


def _walk_all(page: Page) -> None:
    page.focus("canvas.bars")
    page.keyboard.press("End")
    for _ in range(40):
        page.keyboard.press("p")


def _spans_table(page: Page) -> str:
    page.keyboard.press("0")
    page.click("#spans-table > summary")
    until(page, "document.querySelectorAll('#spans-table tbody tr').length > 20")
    return page.inner_text("#spans-table")


def _visible(name: str) -> str:
    from agenttrace.report.escaping import printable  # noqa: PLC0415

    return " ".join(printable(name).split())
