"""Help pages: examples, exit codes, and nothing wider than 80 columns."""

import pytest

import agenttrace
from cli.running import call

COMMANDS = (
    *("analyze", "diff", "noise", "ingest", "export", "replay", "fit", "platforms"),
    *("doctor", "formats", "schema", "sample"),
)


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)], ids=" ".join)
def test_every_page_has_examples_and_exit_codes(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, page, err = call(capsys, *command, "--help")
    assert (code, err) == (0, "")
    assert "\nExamples:\n  agenttrace " in page
    assert "\nExit codes:\n  0 " in page
    assert max(map(len, page.splitlines())) <= 80
    assert call(capsys, *command, "-h") == (code, page, err)


def test_the_first_page_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    _, page, _ = call(capsys, "--help")
    listed = [line.split()[0] for line in page.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()]
    assert listed == [*COMMANDS, "config"]
    assert "..." not in page.partition("Commands:")[2]


def test_no_command_shows_the_first_page_and_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys)
    assert (code, out) == (2, "")
    assert err.startswith("Usage: agenttrace")


def test_the_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(capsys, "--version") == (0, f"agenttrace {agenttrace.__version__}\n", "")
