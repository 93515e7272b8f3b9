"""Ctrl-C: exit code 130 and one line, however early it comes and whatever is running; files appear whole."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SENT_WHILE_LOADING = """
import os, signal, sys

class Loading:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == WANTED:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Loading)
sys.argv = ["agenttrace", "schema"]
from agenttrace.__main__ import run
run()
"""

SENT_WHILE_WRITING = """
import os, signal, sys
from agenttrace.cli import interrupts, streams

def pieces():
    yield b"half"
    os.kill(os.getpid(), signal.SIGINT)
    yield b"of it"

interrupts.end_the_program()
try:
    streams.write_file(sys.argv[1], pieces())
except KeyboardInterrupt:
    print("cleaned up")
os.kill(os.getpid(), signal.SIGINT)
print("not reached")
"""


def _python(program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, check=False)


@pytest.mark.parametrize(
    "module",
    ["agenttrace.cli", "signal", "agenttrace.cli.application", "typer", "agenttrace.model.schema", "pyarrow"],
)
def test_an_interrupt_while_the_program_loads_is_exit_130(module: str) -> None:
    done = _python(
        SENT_WHILE_LOADING.replace("WANTED", repr(module)).replace("import os, signal, sys", _PLAIN)
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"error: interrupted\n")


_PLAIN = "import os, sys\nimport _signal as signal"
"""`signal` itself is loaded by the program."""


def test_an_interrupt_while_a_file_is_written_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "analysis.json"
    file.write_text("what was there")
    done = _python(SENT_WHILE_WRITING, str(file))
    assert file.read_text() == "what was there"
    assert [path.name for path in tmp_path.iterdir()] == ["analysis.json"]
    assert (done.returncode, done.stderr) == (130, b"error: interrupted\n")
    assert b"not reached" not in done.stdout


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_interrupts_that_are_ignored_stay_ignored(number: str) -> None:
    program = "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN)\n" + SENT_WHILE_LOADING
    done = _python(program.replace("WANTED", repr("typer")).replace("SIGINT", number))
    assert (done.returncode, done.stderr) == (0, b"")


def test_an_interrupt_while_reading_a_pipe_that_never_ends(tmp_path: Path) -> None:
    pipe = tmp_path / "traces.fifo"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "agenttrace", "analyze", str(pipe)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
        pipe.open("wb"),  # which waits until the program reads
    ):
        while process.poll() is None:  # again, if it came just before the program began to wait
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)
        _, said = process.communicate()
    assert (process.returncode, said) == (130, b"error: interrupted\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_takes_away_what_a_pipe_has_given(tmp_path: Path, number: signal.Signals) -> None:
    pipe, kept = tmp_path / "traces.fifo", tmp_path / "kept"
    os.mkfifo(pipe)
    kept.mkdir()
    command = [sys.executable, "-m", "agenttrace", "analyze", str(pipe)]
    environment = {**os.environ, "TMPDIR": str(kept)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=environment) as process, pipe.open("wb") as to:
        to.write(b'{"schema": "some"}\n' * (1 << 20))
        to.flush()
        while not list(kept.glob("*/piped-*")):
            time.sleep(0.05)
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (130, b"error: interrupted\n")
    assert list(kept.iterdir()) == []
