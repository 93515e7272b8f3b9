"""`schemas/` says what the code says."""

from pathlib import Path

import pytest

from agenttrace.model.documents import generate, main

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"


def test_the_schemas_are_current() -> None:
    assert main(["--check", str(SCHEMAS)]) == 0


@pytest.mark.parametrize("name", ["spans.schema.json", "spans-jsonl.schema.json", "spans-jsonl.md"])
def test_drift_is_told(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(tmp_path)])
    assert main(["--check", str(tmp_path)]) == 0
    (tmp_path / name).write_text("other")

    assert main(["--check", str(tmp_path)]) == 1
    assert name in capsys.readouterr().err


def test_a_schema_that_nothing_generates_is_one_too_many(tmp_path: Path) -> None:
    main([str(tmp_path)])
    (tmp_path / "old.schema.json").write_text("{}")

    assert set(generate()) == {path.name for path in tmp_path.iterdir()} - {"old.schema.json"}
    assert main(["--check", str(tmp_path)]) == 1
