"""A real Chromium, the system's own, and reports to open in it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import agenttrace
from agenttrace.cli.application import main
from agenttrace.ingest.reading import read
from browser.hostile import write_hostile_trace, write_ids_trace
from browser.idle import write_idle_trace
from browser.watched import Watched, watch

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_traces"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    *("--no-sandbox", "--no-first-run", "--disable-quic", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def _chromium() -> str | None:
    named = os.environ.get("AGENTTRACE_CHROMIUM")
    return named or next((path for name in _NAMES if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = _chromium()
    if path is None:
        message = "no Chromium is installed (name one in AGENTTRACE_CHROMIUM)"
        if os.environ.get("CI"):
            pytest.fail(f"{message}; in CI these tests have to run")
        pytest.skip(message)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports of one session, of many, of a trace that says hostile things, and of two captures compared."""
    folder = tmp_path_factory.mktemp("reports")
    hostile = write_hostile_trace(folder / "hostile.jsonl")
    for name, trace in {
        "one": SAMPLES / "claude-code" / "33min.jsonl",
        "many": SAMPLES / "dynamo-captures" / "B",
        "hostile": hostile,
        "ids": write_ids_trace(folder / "ids.jsonl"),
        "idle": write_idle_trace(folder / "idle.jsonl"),
    }.items():
        (folder / f"{name}.html").write_text(agenttrace.to_html(read(trace)), encoding="utf-8")
    sides = [str(SAMPLES / "dynamo-captures" / name) for name in "AB"]
    written = [f"--{kind}={folder / name}" for kind, name in (("html", "diff.html"), ("json", "diff.json"))]
    assert main(["diff", *sides, *written, "--no-config", "--quiet"]) == 1
    return folder


@pytest.fixture
def opened(browser: Browser, reports: Path) -> Iterator["Opener"]:
    opener = Opener(browser, reports)
    yield opener
    opener.close()


class Opener:
    """Opens reports in windows of their own, without a network, and keeps what they do that they must not."""

    def __init__(self, browser: Browser, reports: Path) -> None:
        self._browser = browser
        self._reports = reports
        self.watched: list[Watched] = []

    def __call__(
        self,
        name: str,
        *,
        width: int = 1440,
        scheme: str = "light",
        javascript: bool = True,
        address: str = "",
        touch: bool = False,
    ) -> Page:
        context = self._browser.new_context(
            viewport={"width": width, "height": 1000},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=javascript,
            has_touch=touch,
            offline=True,
        )
        page = context.new_page()
        self.watched.append(watch(page))
        page.goto(f"{(self._reports / name).with_suffix('.html').as_uri()}{address}")
        if javascript:
            page.wait_for_selector("html[data-ready=yes]")
        return page

    def close(self) -> None:
        for watched in self.watched:
            watched.page.context.close()
        assert [fault for watched in self.watched for fault in watched.faults] == []
