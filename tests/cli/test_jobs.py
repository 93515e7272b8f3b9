"""`--jobs`: the same output whatever their number, and an end to all of them whatever happens to one."""

import gzip
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agenttrace.ingest import reading
from agenttrace.ingest.assembly import store
from cli.running import call
from contract.trace_files import SAMPLES

RUNS = [
    str(SAMPLES / "dynamo-captures" / "A" / "request-trace.000000.jsonl.gz"),
    str(SAMPLES / "otlp" / "33min.jsonl.gz"),
    str(SAMPLES / "claude-code" / "33min-project"),
]
EAGER = """
from agenttrace.ingest import reading, source_reader
reading.SHARED_BYTES = source_reader.SMALL_BYTES = 0
if __name__ == "__main__":
    from agenttrace.__main__ import run
    run()
"""
"""The program, for which everything is worth sharing. Its workers load it too, so it begins only here."""

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="workers are found by /proc, which Linux alone has"
)


@pytest.mark.parametrize("output_format", ["json", "jsonl", "table", "csv", "md"])
def test_every_output_is_the_same_with_any_number_of_jobs(
    output_format: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SHARED_BYTES", 0)
    monkeypatch.setattr(store, "BUCKET_ROWS", 600)
    monkeypatch.setattr(store, "FEW_ROWS", 0)
    monkeypatch.setattr(reading, "Reading", partial(reading.Reading, memory_bytes=1))
    arguments = ("analyze", *RUNS, "--format", output_format, "--verbose")

    one, two = (_untimed(call(capsys, *arguments, "--jobs", str(jobs))) for jobs in (1, 2))

    assert one == two
    assert one[0] == 0


def _untimed(told: tuple[int, str, str]) -> tuple[int, str, str]:
    return (*told[:2], re.sub(r"[\d.]+ s\n", "", told[2]))


@pytest.mark.parametrize("jobs", ["0", "many"])
def test_jobs_are_a_number_of_processes(jobs: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "analyze", RUNS[0], "--jobs", jobs)

    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert "--jobs" in err


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some tens of megabytes: work for seconds."""
    path = tmp_path_factory.mktemp("large") / "large.jsonl"
    text = gzip.decompress((SAMPLES / "otlp" / "33min.jsonl.gz").read_bytes())
    path.write_bytes(text * (40_000_000 // len(text)))
    return path


@needs_proc
def test_an_interrupt_ends_the_workers_and_leaves_nothing(large: Path, tmp_path: Path) -> None:
    with _at_work(large, tmp_path) as (process, workers):
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to everybody
        out, err = process.communicate()

    assert (process.returncode, out, err) == (130, b"", b"error: interrupted\n")
    assert _until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    assert [path.name for path in tmp_path.iterdir()] == ["program.py"]


@needs_proc
def test_a_worker_that_is_killed_is_an_error(large: Path, tmp_path: Path) -> None:
    with _at_work(large, tmp_path) as (process, workers):
        os.kill(workers[-1], signal.SIGKILL)
        out, err = process.communicate()

    assert (process.returncode, out) == (2, b"")
    assert err.startswith(b"error: a worker process ended before its work was done\nhint: ")
    assert _until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
    assert [path.name for path in tmp_path.iterdir()] == ["program.py"]


@contextmanager
def _at_work(large: Path, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """The program with its workers, once they have begun to lay down what they read."""
    program = folder / "program.py"
    program.write_text(EAGER)
    command = [sys.executable, str(program), "analyze", str(large), "--jobs", "2"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(folder)},
        start_new_session=True,
    ) as process:
        _until(lambda: list(folder.glob("agenttrace-*/part-*")))
        yield process, _below(process.pid)


def _below(pid: int) -> list[int]:
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def _until(look: Callable[[], Any], patience_s: float = 60) -> Any:
    until = time.monotonic() + patience_s
    while not (found := look()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.02)
    return found
