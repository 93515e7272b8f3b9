"""Mistakes on the command line are answered with what was probably meant."""

from pathlib import Path

import pytest

from cli.running import call


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["anlyze", "x"], "error: no such command 'anlyze'\nhint: did you mean analyze?\n"),
        (["frobnicate"], "error: no such command 'frobnicate'\nhint: see agenttrace --help\n"),
        (
            ["analyze", "x", "--sesion", "y"],
            "error: no such option '--sesion'\nhint: did you mean --session?\n",
        ),
        (["analyze", "x", "--why"], "error: no such option '--why'\nhint: see agenttrace analyze --help\n"),
        (["analyze"], "error: missing argument 'PATH...'\nhint: see agenttrace analyze --help\n"),
        (["--verison"], "error: no such option '--verison'\nhint: did you mean --version?\n"),
        (
            ["completion"],
            (
                "error: missing argument 'bash|zsh|fish|powershell'. Choose from: bash, zsh, fish, powershell\n"
                "hint: see agenttrace completion --help\n"
            ),
        ),
        (
            ["sample", "foo"],
            "error: there is no sample named 'foo'\nhint: there are: claude-code-33min, fan-out\n",
        ),
    ],
)
def test_what_was_meant_is_guessed(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(capsys, *arguments) == (2, "", said)


def test_a_choice_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "analyze", "--format", "tabel", "x")
    assert code == 2
    assert err.endswith("\nhint: did you mean table?\n")


def test_a_file_without_a_command_is_probably_to_be_analysed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "session.jsonl"
    file.touch()
    _, _, err = call(capsys, str(file))
    assert err.endswith(f"hint: did you mean `agenttrace analyze {file}`?\n")


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (["config", "shwo"], "show"),
        (["schema", "spanz"], "spans"),
        (["sample", "fan-ot", "-o", "-"], "fan-out"),
        (["platforms", "pilot"], "vr-nvl72-pilot"),
        (["analyze", "x", "--what-if", "decde*0.5"], "decode"),
        (["analyze", "x", "--what-if", "purpose:compact=0"], "compaction"),
        (["analyze", "x", "--input-format", "claude-cod"], "claude-code"),
        (["replay", "x", "--platform", "vr-nvl72-lxp"], "vr-nvl72-lpx"),
        (["replay", "x", "--platform", "b200", "--model", "glm5"], "glm-5"),
        (
            ["replay", "x", "--platform", "b200", "--model", "glm-5", "--set", "routing=round-robbin"],
            "round-robin",
        ),
        (["export", "x", "--to", "perfeto", "-o", "-"], "perfetto"),
        (["doctor", "x", "--fromat", "json"], "--format"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else one,
)
def test_a_name_that_is_nearly_right_is_guessed(
    arguments: list[str], near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    (hint,) = [line for line in err.splitlines() if line.startswith("hint: ")]
    assert hint == f"hint: did you mean {near}?"


def test_a_folder_in_which_nothing_is_a_trace_is_told_with_what_lies_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = call(capsys, "analyze", str(tmp_path))
    assert (code, err.splitlines()[0]) == (3, "error: there is no file to be read")

    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("hello")
    code, _, err = call(capsys, "analyze", str(tmp_path))
    assert code == 3
    assert f"no trace in what is there: {tmp_path / 'a.txt'} and 1 more: content of no known format" in err
    assert "`agenttrace doctor PATH`" in err


def test_a_dataset_where_a_file_is_has_no_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "session.jsonl"
    call(capsys, "sample", "fan-out", "-o", str(file))
    code, _, err = call(capsys, "ingest", str(file), "-o", str(file))
    assert (code, err) == (2, f"error: {file}: exists, and is no folder\nhint: name another place\n")
