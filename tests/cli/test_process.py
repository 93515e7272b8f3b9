"""The program as its users run it: a process with streams and an exit code."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import agenttrace
from cli.running import run


def test_data_goes_to_standard_output_and_errors_do_not() -> None:
    done = run("analyze", "there-is-no-such-file")
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"error: there-is-no-such-file: ")
    assert run("--version").stdout.decode() == f"agenttrace {agenttrace.__version__}\n"


def test_a_reader_who_goes_away_is_no_error() -> None:
    command = [sys.executable, "-m", "agenttrace", "schema", "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
@pytest.mark.parametrize("command", [["schema", "--format", "json"], ["--help"]], ids=" ".join)
def test_a_full_disk_is_said_once(command: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "agenttrace", *command], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (2, b"error: No space left on device\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("schema >&-", b"error: standard output is closed\nhint: > /dev/null takes what nobody wants\n"),
        ("analyze there-is-no-such-file 2>&-", b""),
    ],
)
def test_a_closed_stream_is_no_crash(arguments: str, said: bytes) -> None:
    script = f'exec "$0" -m agenttrace {arguments}'
    done = subprocess.run(["/bin/sh", "-c", script, sys.executable], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", said)


def test_output_that_can_only_be_ascii_is_spelt_in_it() -> None:
    done = run("formats", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()
    assert b"---" in done.stdout


def test_the_width_is_that_of_the_terminal() -> None:
    for columns in (80, 110):
        lines = run("schema", "spans", COLUMNS=str(columns)).stdout.decode().splitlines()
        assert columns - 4 <= max(map(len, lines)) <= columns


@pytest.mark.parametrize("columns", ["0", "-7", "1", "20", "47", "many", "9" * 30])
def test_no_width_is_too_absurd(columns: str) -> None:
    for arguments in (("schema", "spans"), ("formats",), ("analyze", "--help")):
        done = run(*arguments, COLUMNS=columns)
        assert (done.returncode, done.stderr) == (0, b"")
    room = max(20, int(columns)) if columns in {"1", "20", "47"} else 120
    assert max(map(len, run("formats", COLUMNS=columns).stdout.decode().splitlines())) <= room


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    text = run("sample", "fan-out", "-o", "-").stdout
    pipe = tmp_path / "session.fifo"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(text,))
    writer.start()
    by_pipe, by_input = (
        run("analyze", str(pipe), "--format", "csv"),
        run("analyze", "-", "--format", "csv", stdin=text),
    )
    writer.join()
    assert (by_pipe.returncode, by_input.returncode) == (0, 0)
    assert by_pipe.stdout.replace(bytes(pipe), b"<stdin>") == by_input.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_had(shell: str) -> None:
    done = run(_AGENTTRACE_COMPLETE=f"source_{shell}")
    assert done.returncode == 0
    assert b"agenttrace" in done.stdout


def test_a_sample_is_the_same_every_time_and_appears_whole(tmp_path: Path) -> None:
    file = tmp_path / "sample.jsonl"
    assert run("sample", "fan-out", "-o", str(file), "--seed", "7").returncode == 0
    done = run("sample", "fan-out", "-o", "-", "--seed", "7")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == file.read_bytes() != b""
    assert [path.name for path in tmp_path.iterdir()] == ["sample.jsonl"]
    assert run("sample", "fan-out", "-o", "-", "--seed", "8").stdout != done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["nothing", "-o", "-"],
            b"error: there is no sample named 'nothing'\nhint: there are: claude-code-33min",
        ),
        (
            ["fan-out", "-o", "-", "--format", "x"],
            b"error: there is no sample format named 'x'\nhint: known: ",
        ),
        (["fan-out", "-o", "no/such/folder/x"], b"error: no/such/folder/x: cannot be written: "),
    ],
)
def test_a_sample_that_cannot_be_written_is_a_mistake(arguments: list[str], said: bytes) -> None:
    done = run("sample", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(said)
