"""The reference of formats says what the formats say."""

from pathlib import Path

import pytest

from agenttrace.ingest.documents import generate, main
from agenttrace.ingest.registry import own_formats

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference"


def test_the_reference_is_current() -> None:
    assert main(["--check", str(REFERENCE)]) == 0


def test_drift_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(tmp_path)])
    assert main(["--check", str(tmp_path)]) == 0
    (tmp_path / "formats.md").write_text("other")

    assert main(["--check", str(tmp_path)]) == 1
    assert "run `make schemas`" in capsys.readouterr().err


def test_every_format_has_its_row() -> None:
    rows = [line for line in generate()["formats.md"].splitlines() if line.startswith("| `")]

    assert [row.split("`")[1] for row in rows] == [known.id for known in own_formats()]
