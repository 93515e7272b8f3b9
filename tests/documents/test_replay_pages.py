"""What the pages on replay say of their results."""

from __future__ import annotations

import re

from house.repository import ROOT


def test_the_pages_say_what_the_platforms_say() -> None:
    page = (ROOT / "docs" / "explanation" / "replay-model.md").read_text(encoding="utf-8")
    h200 = (ROOT / "src/agenttrace/replay/platforms/presets/h200.toml").read_text(encoding="utf-8")
    (overhead,) = re.findall(r"\[numbers.request_overhead\]\nvalue = (\d+)", h200)
    assert f"{round(int(overhead) / 1e6)} ms" in page
