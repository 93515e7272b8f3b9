"""`agenttrace doctor` on the command line."""

import json
import os
import re
from pathlib import Path

import pytest

from cli.running import call, run
from house.repository import ROOT

SAMPLES = ROOT / "sample_traces"


def test_a_folder_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "doctor", str(SAMPLES / "claude-code"))
    assert (code, err) == (0, "")
    assert out.startswith("Found ")
    assert "To learn more from claude-code" in out
    assert "CLAUDE_CODE_ENABLE_TELEMETRY=1" in out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 100


def test_a_folder_is_told_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(
        capsys, "doctor", str(SAMPLES / "codex"), str(SAMPLES / "mooncake"), "--format", "json"
    )
    told = json.loads(out)
    assert (code, told["schema_version"], told["command"]) == (0, 1, "doctor")
    found = {one["format"]: one for one in told["formats"]}
    assert set(found) == {"codex", "mooncake"}
    assert found["mooncake"]["missing"][0]["what"] == "times"
    assert found["mooncake"]["start_ns"] is None
    assert {one["what"] for one in found["codex"]["missing"]} == {"first_token", "queue"}
    assert all(one["switches"] for one in found["codex"]["missing"])
    assert set(found["codex"]["tells"]) == {"measured", "derived", "unknown"}


def test_no_trace_is_no_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("no trace\n")
    code, out, err = call(capsys, "doctor", str(tmp_path))
    assert code == 3
    assert "content of no known format" in out
    assert err.startswith("error: no trace in 1 files\nhint: ")


def test_a_path_to_nothing_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "doctor", "there-is-no-such-folder")
    assert (code, out) == (2, "")
    assert err.startswith("error: there-is-no-such-folder: no such file or folder\n")


def test_names_with_escapes_and_bytes_that_are_no_text_are_spelt_out(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\x1b[31mred")).touch()
    for form in ("table", "json"):
        done = run("doctor", str(tmp_path), "--format", form)
        assert done.returncode == 3
        assert b"\x1b" not in done.stdout + done.stderr
        assert b"red" in done.stdout


def test_colour_is_a_matter_of_choice(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "doctor", str(SAMPLES / "codex"), "--color", "always")
    assert "\x1b[" in out


def test_a_dataset_is_counted_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(tmp_path / "kept")
    call(capsys, "ingest", str(SAMPLES / "claude-code" / "fan-out.jsonl"), "-o", place, "-q")
    _, out, _ = call(capsys, "doctor", place)
    assert re.search(r"^  1 dataset, [\d.]+ kB$", out, re.MULTILINE)
    assert "0 files" not in out
