"""The folder `sample_traces` holds what the generator writes today."""

from pathlib import Path

import pytest

from agenttrace.samples.gallery import generated_files, main, stale_files, write_gallery

FOLDER = Path(__file__).resolve().parents[3] / "sample_traces"


def test_the_generated_samples_are_current() -> None:
    assert stale_files(FOLDER) == [], "run `python -m agenttrace.samples`"


def test_it_repairs_what_differs_and_drops_what_nobody_generates(tmp_path: Path) -> None:
    write_gallery(tmp_path)
    assert stale_files(tmp_path) == []
    (tmp_path / "otlp" / "fan-out.jsonl").write_text("{}\n")
    (tmp_path / "dynamo" / "fan-out.jsonl").unlink()
    (tmp_path / "claude-code" / "33min-project" / "old.jsonl").write_text("{}\n")
    assert len(stale_files(tmp_path)) == 3
    write_gallery(tmp_path)
    assert stale_files(tmp_path) == []


def test_checking_fails_where_something_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", str(tmp_path)]) == 1
    assert "differs" in capsys.readouterr().err
    assert main([str(tmp_path)]) == main(["--check", str(tmp_path)]) == 0


def test_no_sample_is_large() -> None:
    assert max(len(content) for content in generated_files().values()) < 2_500_000
