"""docs/reference is what the code says, and leaves nothing out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import agenttrace
from agenttrace import errors
from agenttrace.api.settings.keys import SINGLE, TABLES
from agenttrace.cli.pages import ALL_EXIT_CODES
from agenttrace.documents import exit_codes, settings
from agenttrace.documents.__main__ import PAGES, main
from agenttrace.ingest.registry import own_formats
from agenttrace.replay.platforms.catalogue import shipped_models, shipped_platforms
from house.repository import ROOT, modules

REFERENCE = ROOT / "docs" / "reference"


def test_it_is_current() -> None:
    assert main(["--check", str(REFERENCE)]) == 0


def test_what_has_drifted_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    (tmp_path / "api.md").write_text("something else")
    (tmp_path / "of-old.md").write_text("what nobody writes any more")
    (tmp_path / "json.md").unlink()

    assert main(["--check", str(tmp_path)]) == 1

    said = capsys.readouterr().err
    assert [name for name in ("api.md", "json.md", "of-old.md") if f"{name}: differs" not in said] == []
    assert "commands.md" not in said


def test_settings_tell_of_keys_that_are_there() -> None:
    assert set(settings._SINGLE) == set(SINGLE)
    assert {name: set(keys) for name, keys in settings._ROWS.items()} == {
        n: set(k) for n, k in TABLES.items()
    }


def test_every_exit_code_has_a_meaning() -> None:
    kinds: list[type[errors.AgentTraceError]] = [errors.AgentTraceError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert {kind.exit_code for kind in kinds} <= set(exit_codes.MEANINGS)
    told = "\n".join(path.read_text(encoding="utf-8") for path in modules() if path.parent.name == "cli")
    listed = {int(code) for code in re.findall(r"^  (\d+) {2,}\w", told, re.MULTILINE)}
    assert listed == set(exit_codes.MEANINGS)


def test_the_first_help_page_and_the_readme_have_every_exit_code() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = readme.partition("[Exit codes](docs/reference/exit-codes.md)")[2].partition("\n\n")[0]
    for codes in (ALL_EXIT_CODES.partition(":")[2], told.partition(":")[2]):
        assert {int(code) for code in re.findall(r"(?:^|,)\s*(\d+) ", codes, re.MULTILINE)} == set(
            exit_codes.MEANINGS
        )


def test_names_platforms_and_models_are_all_there() -> None:
    python, machines = (PAGES[name]() for name in ("api.md", "platforms.md"))
    assert sorted(re.findall(r"^## (\w+)$", python, re.MULTILINE)) == sorted(agenttrace.__all__)
    assert {known.id for known in own_formats() if f"| `{known.id}` |" not in PAGES["formats.md"]()} == set()
    assert {name for name in shipped_platforms() if f"\n## {name}\n" not in machines} == set()
    assert {name for name in shipped_models() if f"| `{name}` |" not in machines} == set()
