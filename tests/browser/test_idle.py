"""Idle time drawn short: a session of hours in which little happened can be read."""

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
