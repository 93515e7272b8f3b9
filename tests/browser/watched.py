"""What a page does that a report must never do: errors, requests, dialogs, breaches of its own policy."""

import time
from dataclasses import dataclass, field

from playwright.sync_api import Page

_POLICY = """addEventListener("securitypolicyviolation",
  (event) => console.error("policy", event.violatedDirective, event.blockedURI, event.sample))"""


@dataclass
class Watched:
    page: Page
    faults: list[str] = field(default_factory=list)


def watch(page: Page) -> Watched:
    """To be called before the page is opened."""
    watched = Watched(page)
    page.add_init_script(_POLICY)
    page.on("console", lambda said: watched.faults.append(f"{said.type}: {said.text}"))
    page.on("pageerror", lambda error: watched.faults.append(f"error: {error}"))
    page.on("dialog", lambda dialog: watched.faults.append(f"dialog: {dialog.message}"))
    page.on("request", lambda request: _note_request(watched, request.url))
    return watched


def _note_request(watched: Watched, url: str) -> None:
    if not url.startswith(("file:", "data:", "blob:")):
        watched.faults.append(f"request: {url}")


def until(page: Page, expression: str, seconds: float = 10) -> None:
    """Waits for a page to get there: Playwright's own way evaluates text in the page, which the policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never came true: {expression}"
        page.wait_for_timeout(20)
