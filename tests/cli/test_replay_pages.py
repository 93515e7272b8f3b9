"""The commands of the pages on replay are run as they stand there."""

import json
import re
import shutil
from pathlib import Path

import pytest

from cli.running import call

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "how-to"


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", (PAGES / page).read_text(), re.DOTALL | re.MULTILINE)


def _commands(page: str) -> list[list[str]]:
    lines = [line for block in _blocks(page, "console") for line in block.splitlines()]
    assert all(line.startswith("agenttrace ") for line in lines)
    return [line.split()[1:] for line in lines]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the sample traces that the pages name."""
    for name in ("dynamo-captures", "agentic-mooncake"):
        shutil.copytree(ROOT / "sample_traces" / name, tmp_path / "sample_traces" / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_hardware_is_decided_on_as_the_page_says(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = ""
    for arguments in _commands("decide-on-hardware.md"):
        code, out, err = call(capsys, *arguments)
        assert code == 0, (arguments, err)
        if arguments[0] == "replay":
            assert "gain at p50" in out
    assert "check:" in out or arguments[0] == "export"
    document = json.loads((here / "hardware.json").read_text())
    assert [one["platform"] for one in document["projections"]] == ["b200", "vr-nvl72-lpx"]
    assert (here / "hardware.html").read_text().startswith("<!doctype html>")
    assert (here / "plays.jsonl").read_text().count("\n") == 601


def test_a_platform_is_written_as_the_page_says(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = _blocks("write-a-platform.md", "toml")
    (here / "garage.toml").write_text(text)
    out = ""
    for arguments in _commands("write-a-platform.md"):
        code, out, err = call(capsys, *arguments)
        assert code == 0, (arguments, err)
    assert "garage" in out
    assert "price a session" in out


def test_the_pages_say_what_the_platforms_say() -> None:
    page = (ROOT / "docs" / "explanation" / "replay-model.md").read_text()
    h200 = (ROOT / "src/agenttrace/replay/platforms/presets/h200.toml").read_text()
    (overhead,) = re.findall(r"\[numbers.request_overhead\]\nvalue = (\d+)", h200)
    assert f"{round(int(overhead) / 1e6)} ms" in page
