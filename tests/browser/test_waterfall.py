"""The waterfall, by keys, wheel, mouse, touch and address."""

from itertools import pairwise

import pytest
from playwright.sync_api import Page

from browser.conftest import Opener
from browser.watched import until

WALL_NS = 1_984_344_000_000
SHOWN = "[agenttrace.from, agenttrace.to]"
PIXEL = """([x, y]) => { const { canvas, ratio } = agenttrace;
  const image = canvas.getContext("2d").getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1);
  return [...image.data.slice(0, 3)]; }"""

LONG_SPAN = """Array.from(agenttrace.session.start.keys()).find((i) => agenttrace.session.lane[i] === 0
  && agenttrace.session.end[i] - agenttrace.session.start[i] > 6e10)"""


def _press(page: Page, *keys: str) -> None:
    page.focus("canvas.bars")
    for key in keys:
        page.keyboard.press(key)


def _shown(page: Page) -> tuple[float, float]:
    start, end = page.evaluate(SHOWN)
    return start, end


def test_keys_walk_the_path_from_its_end_to_its_start_and_the_sum_is_the_wall_time(opened: Opener) -> None:
    page = opened("one")
    stretches = page.evaluate("agenttrace.session.path.n")
    sums = [0]
    _press(page)
    for _ in range(stretches):
        page.keyboard.press("p")
        sums.append(int(page.get_attribute("#walk-sum", "data-ns") or 0))
    assert all(later > sooner for sooner, later in pairwise(sums))
    assert sums[-1] == WALL_NS
    assert "33 m 04 s of 33 m 04 s" in page.inner_text("#walk-sum")
    page.keyboard.press("p")
    assert page.evaluate("agenttrace.stretch") == 0
    page.keyboard.press("n")
    assert page.evaluate("agenttrace.stretch") == 1
    page.keyboard.press("End")
    assert page.evaluate("agenttrace.stretch") == stretches - 1


def test_buttons_do_what_keys_do(opened: Opener) -> None:
    page = opened("one")
    page.click("#walk-back")
    assert page.evaluate("agenttrace.stretch === agenttrace.session.path.n - 1")
    page.click("#walk-first")
    assert int(page.get_attribute("#walk-sum", "data-ns") or 0) == WALL_NS
    page.click("#zoom-in")
    start, end = _shown(page)
    assert end - start < WALL_NS
    page.click("#zoom-all")
    assert _shown(page) == (0, WALL_NS)


def test_what_is_chosen_is_told_in_words(opened: Opener) -> None:
    page = opened("one")
    _press(page, "Home")
    told = page.inner_text("#chosen")
    assert "Stretch 1 of" in told
    assert "took" in told
    assert "tokens" in told
    assert page.get_attribute("#chosen", "aria-live") == "polite"


def test_keys_zoom_and_move(opened: Opener) -> None:
    page = opened("one")
    _press(page, "+", "+", "ArrowRight")
    start, end = _shown(page)
    assert 0 < start < end < WALL_NS
    page.keyboard.press("ArrowLeft")
    assert _shown(page)[0] < start
    page.keyboard.press("0")
    assert _shown(page) == (0, WALL_NS)
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    assert _shown(page)[1] < WALL_NS / 50


def test_the_wheel_zooms_where_the_focus_is_and_scrolls_the_page_elsewhere(opened: Opener) -> None:
    page = opened("one")
    box = page.locator("canvas.bars").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 800, box["y"] + 100)
    page.mouse.wheel(0, -400)
    assert _shown(page) == (0, WALL_NS)
    page.focus("canvas.bars")
    page.locator("canvas.bars").scroll_into_view_if_needed()
    box = page.locator("canvas.bars").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 800, box["y"] + 100)
    at = page.evaluate("agenttrace.at(800, 0).time")
    page.mouse.wheel(0, -400)
    until(page, f"agenttrace.to - agenttrace.from < {WALL_NS}")
    assert page.evaluate("agenttrace.at(800, 0).time") == pytest.approx(at, rel=1e-3)
    start, _ = _shown(page)
    page.keyboard.down("Shift")
    page.mouse.wheel(0, 200)
    until(page, f"agenttrace.from > {start}")


def test_dragging_moves_through_time(opened: Opener) -> None:
    page = opened("one")
    _press(page, "+", "+", "+")
    start, _ = _shown(page)
    page.locator("canvas.bars").scroll_into_view_if_needed()
    box = page.locator("canvas.bars").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 900, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 700, box["y"] + 60, steps=5)
    page.mouse.up()
    assert _shown(page)[0] > start
    assert page.evaluate("agenttrace.chosen") == -1


def test_two_fingers_zoom(opened: Opener) -> None:
    page = opened("one", touch=True, width=900)
    page.locator("canvas.bars").scroll_into_view_if_needed()
    box = page.locator("canvas.bars").bounding_box()
    assert box is not None
    y = box["y"] + 60
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *xs: float) -> None:
        points = [{"x": box["x"] + x, "y": y, "id": place} for place, x in enumerate(xs)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 400, 500)
    for spread in (20, 60, 120):
        touch("touchMove", 400 - spread, 500 + spread)
    touch("touchEnd")
    start, end = _shown(page)
    assert end - start < WALL_NS * 0.6


def test_a_click_chooses_and_a_double_click_fills_the_width(opened: Opener) -> None:
    page = opened("one")
    place = page.evaluate(LONG_SPAN)
    x, y = page.evaluate(_MIDDLE, place)
    page.locator("canvas.bars").click(position={"x": x, "y": y})
    assert page.evaluate("agenttrace.chosen") == place
    page.locator("canvas.bars").dblclick(position={"x": x, "y": y})
    start, end = _shown(page)
    length = page.evaluate("(i) => agenttrace.session.end[i] - agenttrace.session.start[i]", place)
    assert length < end - start < 1.3 * length


_MIDDLE = """(i) => { const { session, from, scale, gutter, layout } = agenttrace;
  return [gutter + ((session.start[i] + session.end[i]) / 2 - from) * scale,
          24 + layout.ofSpan(i) * 20 + 8]; }"""


def test_the_pointer_is_told_what_it_is_on(opened: Opener) -> None:
    page = opened("one")
    x, y = page.evaluate(_MIDDLE, 0)
    page.locator("canvas.bars").hover(position={"x": x, "y": y})
    page.wait_for_selector("#pointed:not([hidden])")
    told = page.inner_text("#pointed")
    assert "request" in told
    assert "on the path" in told


def test_subagents_are_folded_under_the_turn_that_spawned_them(opened: Opener) -> None:
    page = opened("one")
    labels = "agenttrace.layout.rows.map((row) => row.label).filter(Boolean)"
    folded = page.evaluate(labels)
    assert folded[0] == "main"
    assert "turn 13: 6 subagents" in folded
    page.click("#fold-all")
    unfolded = page.evaluate(labels)
    assert sum("Explore #" in label for label in unfolded) > 10
    _press(page, "F")
    assert page.evaluate(labels) == folded
    row = page.evaluate("agenttrace.layout.rows.findIndex((row) => row.label.startsWith('turn 13'))")
    page.locator("canvas.bars").click(position={"x": 40, "y": 24 + row * 20 + 10})
    assert len(page.evaluate(labels)) == len(folded) + 6


def test_the_button_says_what_it_would_do_however_lanes_were_folded(opened: Opener) -> None:
    page = opened("one")
    assert page.inner_text("#fold-all") == "Unfold subagents"
    page.click("#fold-all")
    assert page.inner_text("#fold-all") == "Fold subagents"
    row = page.evaluate("agenttrace.layout.rows.findIndex((row) => row.group)")
    page.locator("canvas.bars").click(position={"x": 40, "y": 24 + row * 20 + 10})
    assert page.inner_text("#fold-all") == "Unfold subagents"


def test_bars_have_the_colours_of_their_phases(opened: Opener) -> None:
    page = opened("one")
    x, y = page.evaluate(_MIDDLE, 0)
    page.evaluate("agenttrace.show(0, agenttrace.session.end[0])")
    page.evaluate("agenttrace.drawNow()")
    x = page.evaluate("agenttrace.width - 60")
    model = page.evaluate(PIXEL, [x + 1, y - 4])
    assert model == [0x3F, 0x6F, 0xD1]


def test_searching_finds_and_steps_through_what_it_finds(opened: Opener) -> None:
    page = opened("one")
    page.fill("#search", "webfetch")
    until(page, "document.getElementById('found').textContent === '34 spans'")
    page.press("#search", "Enter")
    assert "WebFetch" in page.inner_text("#chosen")
    first = page.evaluate("agenttrace.chosen")
    page.press("#search", "Enter")
    assert page.evaluate("agenttrace.chosen") != first
    page.press("#search", "Escape")
    assert page.evaluate("agenttrace.matches") is None
    assert page.inner_text("#found") == ""


def test_enter_finds_what_was_typed_a_moment_ago(opened: Opener) -> None:
    page = opened("one")
    page.focus("#search")
    page.evaluate("""document.getElementById('search').value = 'webfetch';
      document.getElementById('search').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}))""")
    assert "WebFetch" in page.inner_text("#chosen")


def test_a_click_on_the_strip_moves_what_is_shown_though_the_hand_trembles(opened: Opener) -> None:
    page = opened("one")
    _press(page, "+", "+", "+", "+", "+")
    start, end = _shown(page)
    page.locator("canvas.minimap").scroll_into_view_if_needed()
    box = page.locator("canvas.minimap").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 200, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 199, box["y"] + 10)
    page.mouse.up()
    assert _shown(page)[1] - _shown(page)[0] == pytest.approx(end - start)
    assert _shown(page)[0] > start


def test_the_address_says_what_is_shown_and_shows_it_again(opened: Opener) -> None:
    page = opened("one")
    _press(page, "End", "p", "p", "p", "Enter")
    until(page, "location.hash.includes('sel=') && location.hash.includes('t=')")
    state = "[agenttrace.session.id, agenttrace.from, agenttrace.to, agenttrace.chosen]"
    before = page.evaluate(state)
    again = opened("one", address=page.evaluate("location.hash")).evaluate(state)
    assert again[0] == before[0]
    assert again[3] == before[3]
    assert again[1:3] == pytest.approx(before[1:3], abs=1000)


@pytest.mark.parametrize(
    "address", ["#s=nobody&t=5-1&sel=x", "#t=1e99-2e99", "#sel=999999", "#%", "#findings"]
)
def test_an_address_that_names_nothing_shows_the_whole(opened: Opener, address: str) -> None:
    page = opened("one", address=address)
    assert page.evaluate("agenttrace.to") == WALL_NS
    assert page.evaluate("agenttrace.chosen") == -1


def test_the_table_beside_has_what_is_shown(opened: Opener) -> None:
    page = opened("one")
    page.click("#spans-table > summary")
    page.wait_for_selector("#spans-table tbody tr")
    assert page.locator("#spans-table tbody tr").count() == 100
    assert "100 of 7" in page.inner_text("#spans-table .note")
    page.locator("#spans-table tbody button").first.press("Enter")
    assert page.evaluate("agenttrace.chosen") >= 0


def test_everything_can_be_reached_by_tabulator(opened: Opener) -> None:
    page = opened("one")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {"theme", "copy-link", "walk-back", "zoom-in", "fold-all", "search", "bars"} <= reached


def test_what_lies_inside_other_spans_is_shown_on_demand(opened: Opener) -> None:
    page = opened("many")
    rows = "agenttrace.layout.rows.length"
    folded = page.evaluate(rows)
    _press(page, "d")
    assert page.evaluate(rows) > 2 * folded
    _press(page, "d")
    assert page.evaluate(rows) == folded
    page.click("#show-inside")
    assert page.inner_text("#show-inside") == "Hide inner spans"
    page.focus("canvas.bars")
    page.keyboard.press("End")
    for _ in range(page.evaluate("agenttrace.session.path.n") - 1):
        page.keyboard.press("p")
    assert int(page.get_attribute("#walk-sum", "data-ns") or 0) == page.evaluate("agenttrace.session.wall")
    assert opened("one").locator("#show-inside").is_visible()
