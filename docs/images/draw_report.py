"""Takes the README's picture of the report: the sample session in a real Chromium.

python docs/images/draw_report.py
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import agenttrace

HERE = Path(__file__).parent
SAMPLE = HERE.parents[1] / "sample_traces" / "claude-code" / "33min.jsonl"
SIZE = {"width": 1180, "height": 1120}


def main() -> None:
    """Writes `report.png` beside this file."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        report = Path(folder) / "report.html"
        html = agenttrace.to_html(agenttrace.read(SAMPLE))
        report.write_text(html.replace(str(SAMPLE), SAMPLE.name), encoding="utf-8")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--no-first-run"]
        )
        page = browser.new_page(viewport=SIZE)
        page.goto(report.as_uri())
        page.wait_for_timeout(1500)
        page.screenshot(path=HERE / "report.png")
        browser.close()


if __name__ == "__main__":
    main()
