"""What a cluster of several processes does is what this process does alone, even if one of them is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from agenttrace.workers.cluster import DaskCluster
from cli.running import call
from cli.test_ingest import RUNS, files_of

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        yield cluster.scheduler_address.removeprefix("tcp://")


def test_a_dataset_made_at_the_workers_is_the_same(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = []
    for engine in ("local", f"dask://{address}"):
        code, _, err = call(capsys, "ingest", *RUNS, "-o", str(tmp_path / engine[:4]), "--engine", engine)
        assert code == 0, err
        made.append(files_of(tmp_path / engine[:4]))
    assert made[0] == made[1]


@pytest.mark.parametrize("output_format", ["json", "table"])
def test_an_analysis_at_the_workers_is_the_same(
    output_format: str, address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(capsys, "ingest", *RUNS, "-o", str(tmp_path / "dataset"))
    arguments = ("analyze", str(tmp_path / "dataset"), "--format", output_format)
    here = call(capsys, *arguments)
    assert here[0] == 0
    assert call(capsys, *arguments, "--engine", f"dask://{address}") == here


def _dies_once(given: tuple[int, str]) -> tuple[int, int]:
    """The square of a number; the first to try 3 is killed while it does it."""
    number, mark = given
    if number == 3 and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number, number * number


def test_a_worker_that_is_killed_neither_loses_nor_doubles_anything(address: str, tmp_path: Path) -> None:
    engine = DaskCluster(address)
    mark = str(tmp_path / "died")
    found = list(engine.map(_dies_once, [(number, mark) for number in range(12)]))
    engine.close()
    assert Path(mark).exists()
    assert found == [(number, number * number) for number in range(12)]


def test_a_worker_killed_while_it_stores_leaves_no_mark(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copies = tmp_path / "many"
    copies.mkdir()
    content = Path(RUNS[0]).read_bytes()
    for number in range(6):
        (copies / f"{number}.jsonl.gz").write_bytes(content)
    call(capsys, "ingest", str(copies), "-o", str(tmp_path / "alone"))
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        command = [
            *(sys.executable, "-m", "agenttrace", "ingest", str(copies), "-o", str(tmp_path / "cluster")),
            *("--engine", cluster.scheduler_address.replace("tcp", "dask")),
        ]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            began = tmp_path / "cluster" / "batch-0001" / "partition-000000"
            while not began.exists() and process.poll() is None:
                time.sleep(0.005)
            for nanny in cluster.workers.values():
                os.kill(nanny.pid, signal.SIGKILL)
            _, err = process.communicate()
    assert process.returncode == 0, err
    assert files_of(tmp_path / "cluster") == files_of(tmp_path / "alone")


@pytest.mark.parametrize("engine", ["ray", "dask://", "dask://127.0.0.1:1"])
def test_an_engine_that_is_not_there_is_a_mistake(engine: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "analyze", *RUNS, "--engine", engine)
    assert code == 2
    assert "engine" in err or "scheduler" in err
