"""Many sessions: a table that sorts, filters and opens."""

import unicodedata

import pytest

from agenttrace.report.escaping import printable
from browser.conftest import Opener
from browser.hostile import IDS
from browser.watched import until

FIRST = "#sessions-table tbody tr:first-child"


def test_rows_are_sorted_by_what_is_clicked(opened: Opener) -> None:
    page = opened("many")
    rows = "#sessions-table tbody tr th"
    page.click("#sessions-more")
    assert page.locator("#sessions-more").is_hidden()
    by_wall = page.locator(rows).all_inner_texts()
    assert len(by_wall) == 24
    assert by_wall[0] == page.evaluate("agenttrace.session.id")
    page.locator("#sessions-table thead button", has_text="session").click()
    assert page.locator(rows).all_inner_texts() == sorted(by_wall)
    page.locator("#sessions-table thead button", has_text="session").click()
    assert page.locator(rows).all_inner_texts() == sorted(by_wall, reverse=True)
    assert page.locator("#sessions-table th[aria-sort=descending]").count() == 1


def test_rows_are_filtered_by_id_and_by_phase(opened: Opener) -> None:
    page = opened("many")
    page.fill("#sessions-filter", "s01")
    until(page, "document.querySelectorAll('#sessions-table tbody tr').length === 10")
    assert "10 sessions that match, of 24" in page.inner_text("#sessions-table .note")
    page.fill("#sessions-filter", "network")
    until(page, "document.querySelectorAll('#sessions-table tbody tr').length === 0")


def test_a_row_opens_its_session(opened: Opener) -> None:
    page = opened("many")
    link = page.locator("#sessions-table tbody a").nth(3)
    name = link.inner_text()
    link.click()
    until(page, f"agenttrace.session.id === {name!r}")
    assert page.input_value("#session-pick") == name
    parts = page.locator("[data-of-session]:visible")
    assert parts.count() == 1
    assert parts.get_attribute("data-of-session") == name
    assert name in parts.inner_text()


def test_the_picker_opens_a_session_and_the_address_tells(opened: Opener) -> None:
    page = opened("many")
    page.select_option("#session-pick", index=5)
    name = page.input_value("#session-pick")
    assert page.evaluate("agenttrace.session.id") == name
    again = opened("many", address=page.evaluate("location.hash"))
    assert again.evaluate("agenttrace.session.id") == name


def test_without_a_program_every_embedded_session_is_told(opened: Opener) -> None:
    page = opened("many", javascript=False)
    assert page.locator("[data-of-session]:visible").count() == 24
    assert page.locator("#sessions-table tbody tr").count() == 24


@pytest.mark.parametrize("session", IDS, ids=range(len(IDS)))
def test_a_session_of_any_id_opens_by_its_row_and_by_its_address(opened: Opener, session: str) -> None:
    page = opened("ids")
    link = page.locator("#sessions-table tbody a", has_text=printable(session)[:200])
    link.click()
    until(page, f"agenttrace.session.id === {printable(session)!r}")
    page.focus("canvas.bars")
    page.keyboard.press("End")
    until(page, "location.hash.includes('sel=')")
    again = opened("ids", address=page.evaluate("location.hash"))
    assert again.evaluate("agenttrace.session.id") == printable(session)
    parts = again.locator("[data-of-session]:visible")
    assert parts.get_attribute("data-of-session") == printable(session)
    assert again.evaluate("agenttrace.chosen") >= 0


@pytest.mark.parametrize("width", [375, 1440])
def test_ids_of_any_length_leave_the_page_as_wide_as_it_is(opened: Opener, width: int) -> None:
    page = opened("ids", width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.querySelector('#sessions-table table').offsetWidth") < 1500


def test_no_id_hides_anything(opened: Opener) -> None:
    page = opened("ids")
    shown = page.inner_text("body")
    hidden = {char for char in shown if unicodedata.category(char) in {"Cc", "Cf"}} - {"\n", "\t"}
    assert hidden == set()
