"""Idle time drawn short: a session of hours in which little happened can be read."""

from itertools import pairwise

import pytest

from browser.conftest import Opener
from browser.watched import until

HOUR_NS = 3600 * 10**9
MINUTE_NS = 60 * 10**9
SHARE = "(([from, to]) => (agenttrace.drawnTime(to) - agenttrace.drawnTime(from)) / agenttrace.shown.wall)"
WAIT = f"{SHARE}([{MINUTE_NS}, {MINUTE_NS + 3 * HOUR_NS}])"


def test_a_session_that_mostly_waits_is_drawn_without_its_waiting(opened: Opener) -> None:
    page = opened("idle")
    assert page.evaluate("agenttrace.session.wall") == 3 * HOUR_NS + 3 * MINUTE_NS
    assert page.evaluate(WAIT) < 0.02
    assert page.inner_text("#skip-idle") == "Show idle time"


def test_a_button_and_a_key_show_it_as_long_as_it_was(opened: Opener) -> None:
    page = opened("idle")
    page.click("#skip-idle")
    assert page.evaluate(WAIT) > 0.97
    assert page.inner_text("#skip-idle") == "Skip idle time"
    page.focus("canvas.bars")
    page.keyboard.press("i")
    assert page.evaluate(WAIT) < 0.02


def test_times_are_told_as_they_were(opened: Opener) -> None:
    page = opened("idle")
    page.focus("canvas.bars")
    page.keyboard.press("End")
    assert "from 3:02:00.000 to 3:03:00.000" in page.inner_text("#chosen").replace("\n", " ").replace(
        "from  ", "from "
    )
    for _ in range(10):
        page.keyboard.press("p")
    assert int(page.get_attribute("#walk-sum", "data-ns") or 0) == 3 * HOUR_NS + 3 * MINUTE_NS


def test_the_address_has_real_times(opened: Opener) -> None:
    page = opened("idle", address="#t=10860-10920")
    shown = "[agenttrace.from, agenttrace.to].map((time) => Math.round(agenttrace.realTime(time) / 1e9))"
    assert page.evaluate(shown) == [10860, 10920]
    page.click("#skip-idle")
    assert page.evaluate(shown) == [10860, 10920]
    until(page, "location.hash.endsWith('t=10860-10920')")


def test_what_never_waits_has_nothing_to_skip(opened: Opener) -> None:
    page = opened("hostile")
    assert page.locator("#skip-idle").is_hidden()
    page.evaluate("agenttrace.skipIdle()")
    assert page.evaluate("agenttrace.shown === agenttrace.session")


LABELS = """(() => { const told = []; const draw = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (words, x, y) {
    if (/^\\d+:/.test(words)) told.push([x, x + this.measureText(words).width]);
    draw.call(this, words, x, y);
  };
  agenttrace.drawNow();
  CanvasRenderingContext2D.prototype.fillText = draw;
  return told; })()"""


@pytest.mark.parametrize("width", [375, 1440, 1920])
def test_times_on_the_ruler_neither_overlap_nor_are_cut(opened: Opener, width: int) -> None:
    page = opened("pauses", width=width)
    labels = page.evaluate(LABELS)
    assert len(labels) > 1
    assert all(left >= right for (_, right), (left, _) in pairwise(labels))
    assert labels[-1][1] <= page.evaluate("agenttrace.width")


def test_the_strip_stands_right_above_the_bars(opened: Opener) -> None:
    page = opened("pauses")
    strip, bars = (page.locator(f"canvas.{name}").bounding_box() for name in ("minimap", "bars"))
    assert strip is not None
    assert bars is not None
    assert (strip["x"], strip["width"]) == (bars["x"], bars["width"])
