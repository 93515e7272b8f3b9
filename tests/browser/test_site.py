"""The site, opened from the disk in a browser without a network: it asks for nothing outside, and search works."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.watched import watch
from documents.site import site

__all__ = ["site"]
KINDS = [
    "index.html",
    "docs/tutorial/from-a-session-to-a-decision.html",
    "docs/how-to/get-traces/claude-code.html",
    "docs/reference/json.html",
    "docs/explanation/critical-path.html",
    "docs/adr/0002-floors.html",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_load_nothing_from_elsewhere(browser: Browser, site: Path, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, offline=True)  # type: ignore[arg-type]  # one of its words
    faults = []
    for name in KINDS:
        page = context.new_page()
        watched = watch(page)
        page.goto((site / name).as_uri())
        page.wait_for_selector("html.js")
        assert page.locator("h1").first.is_visible()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name} is wider than its window"
        faults += watched.faults
        page.close()
    context.close()
    assert faults == []


def test_search_finds_a_page(browser: Browser, site: Path) -> None:
    page = browser.new_context(offline=True).new_page()
    watched = watch(page)
    page.goto((site / "index.html").as_uri())

    page.wait_for_selector("[data-md-component=search-result] .md-search-result__meta", state="attached")
    page.wait_for_function("frames.length && typeof frames[0].lunr == 'function'")
    page.locator("[data-md-component=search-query]").press_sequentially("retry_inferred", delay=20)

    page.wait_for_selector(".md-search-result__item a", state="attached")
    found = page.locator(".md-search-result__item a").first.get_attribute("href")
    page.context.close()
    assert "findings.html" in str(found)
    assert watched.faults == []
