"""A sample, written and analysed by the program: the whole way."""

import json
from pathlib import Path
from typing import Any

import pytest

from agenttrace.samples import format_ids, truth
from cli.running import run


@pytest.fixture(scope="module", params=format_ids())
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("samples") / "sample.bin"
    assert run("sample", "fan-out", "--format", request.param, "-o", str(file)).returncode == 0
    return file


def _document(*arguments: str, stdin: bytes = b"") -> dict[str, Any]:
    done = run("analyze", "--format", "json", *arguments, stdin=stdin)
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_the_answer_is_that_of_the_story(sample: Path) -> None:
    known: dict[str, Any] = truth("fan-out")["counts"]  # type: ignore[assignment]
    (session,) = _document(str(sample))["sessions"]
    found = session["counts"]
    seen_by_transcripts_only = known["retries"]
    assert found["requests"] - known["requests"] in {0, seen_by_transcripts_only}
    assert found["subagents"] == known["subagents"]
    for partition in ("critical_path_ns", "critical_path_by_purpose_ns", "evidence_ns"):
        assert sum(session[partition].values()) == session["wall_ns"]


def test_the_same_input_gives_the_same_bytes(sample: Path) -> None:
    for form in ("table", "json", "jsonl", "csv", "md"):
        once, again = (run("analyze", str(sample), "--format", form) for _ in range(2))
        assert once.returncode == 0, once.stderr
        assert once.stdout == again.stdout != b""


def test_standard_input_is_a_file_like_any_other(sample: Path) -> None:
    piped, read = _document("-", stdin=sample.read_bytes()), _document(str(sample))
    assert piped["summary"] == read["summary"]
    assert piped["sources"][0]["path"] == "<stdin>"


def test_a_folder_with_nothing_in_it_is_no_usable_data(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a trace")
    assert run("analyze", str(tmp_path)).returncode == 3


def test_a_file_that_is_no_trace_is_a_mistake_where_it_is_named(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a trace")
    done = run("analyze", str(file))
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {file}: ".encode())
    assert b"\nhint: known formats: " in done.stderr
