"""What is read trace by trace, because memory does not hold all, is shown as if it had been read at once."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agenttrace.critical_path import cutting
from agenttrace.ingest import reading
from agenttrace.ingest.assembly import store
from cli.running import call
from contract.trace_files import SAMPLES

RUNS = [str(SAMPLES / "dynamo-captures" / run / "request-trace.000000.jsonl.gz") for run in "AB"]


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BUCKET_ROWS", 300)
    monkeypatch.setattr(store, "FEW_ROWS", 0)
    monkeypatch.setattr(reading, "Reading", partial(reading.Reading, memory_bytes=1))


@pytest.mark.parametrize("output_format", ["json", "jsonl", "table", "csv", "md"])
def test_every_output_is_the_same(
    output_format: str, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    arguments = ("analyze", *RUNS, "--format", output_format, "--label", "x=y", "--what-if", "tool*0.5")
    at_once = call(capsys, *arguments)

    request.getfixturevalue("little")

    assert call(capsys, *arguments) == at_once


@pytest.mark.parametrize("more", [[], ["--redact"], ["--session", "A-s013"]], ids=["all", "redacted", "one"])
def test_the_page_is_the_same(
    more: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    targets = [tmp_path / name for name in ("at_once.html", "in_pieces.html")]
    call(capsys, "analyze", *RUNS, "--html", str(targets[0]), *more)

    request.getfixturevalue("little")

    call(capsys, "analyze", *RUNS, "--html", str(targets[1]), *more)
    at_once, in_pieces = (target.read_text(encoding="utf-8") for target in targets)
    assert in_pieces == at_once


def test_redacted_lines_are_the_same_too(
    capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    arguments = ("analyze", *RUNS, "--format", "jsonl", "--redact")
    at_once = call(capsys, *arguments)

    request.getfixturevalue("little")

    assert call(capsys, *arguments) == at_once
    assert "A-s0" not in at_once[1]


def test_a_session_is_found_wherever_it_was_read(
    capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("analyze", *RUNS, "--format", "json", "--session", "A-s013")
    at_once = _sessions(call(capsys, *arguments)[1])
    monkeypatch.setattr(cutting, "DETAILED_SESSIONS", 1)
    monkeypatch.setattr(cutting, "HEAVIEST_ROWS", 1)
    request.getfixturevalue("little")

    assert _sessions(call(capsys, *arguments)[1]) == at_once


def _sessions(document: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(document)["sessions"]
    return found


@pytest.mark.parametrize("more", [[], ["--redact"]], ids=["whole", "redacted"])
def test_a_comparison_and_its_page_are_the_same(
    more: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    targets = [tmp_path / name for name in ("at_once.html", "in_pieces.html")]
    at_once = call(capsys, "diff", *RUNS, "--no-config", "--html", str(targets[0]), *more)

    request.getfixturevalue("little")

    assert call(capsys, "diff", *RUNS, "--no-config", "--html", str(targets[1]), *more) == at_once
    pages = [target.read_text(encoding="utf-8") for target in targets]
    assert pages[0] == pages[1]
    assert pages[0].count('<svg class="still"') == 2
    assert ("A-s009" in pages[0]) is not bool(more)
