"""Measuring in fresh processes: pinned, interleaved, the median of several runs."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Measured:
    """One run of a piece of work, without start-up; memory is the whole process's."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    start_mb: float
    result: dict[str, Any]


@dataclass(frozen=True)
class Medians:
    """Several runs of it."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    start_mb: float
    all_seconds: tuple[float, ...]
    result: dict[str, Any]


def begin_as_the_command() -> None:
    """What `agenttrace` does before anything else (see `agenttrace.__main__`)."""
    from agenttrace.workers import sparing  # noqa: PLC0415  # children of others start without it

    sparing.spare_pandas()
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    sparing.seldom_look_for_cycles()


def measure(work: Callable[[], dict[str, Any]]) -> Measured:
    """In the child: what is needed is loaded already; the work is done once."""
    start_mb = _peak_mb()
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    workers_mb = len(os.sched_getaffinity(0)) * workers.ru_maxrss / 1024
    return Measured(
        wall, cpu + workers.ru_utime + workers.ru_stime, _peak_mb() + workers_mb, start_mb, result
    )


def tell(measured: Measured) -> None:
    """From the child to its parent."""
    print(json.dumps(measured.__dict__))


def compare(
    commands: Mapping[str, Sequence[str]],
    repeat: int,
    cores: int,
    interpreters: Mapping[str, str] | None = None,
) -> dict[str, Medians]:
    """Each command's medians; they run in turn, so that what disturbs one disturbs all.

    `interpreters`: of commands that another Python than this one runs.
    """
    runs: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(max(3, repeat)):
        for name, command in commands.items():
            python = (interpreters or {}).get(name, sys.executable)
            runs[name].append(_run([python, *command], cores))
    return {name: _medians(found) for name, found in runs.items()}


def _run(command: Sequence[str], cores: int) -> Measured:
    threads = {"POLARS_MAX_THREADS": str(cores), "OMP_NUM_THREADS": str(cores)}
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **threads}
    done = subprocess.run(
        list(command),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=environment,
        preexec_fn=lambda: _pin(cores),
    )
    return Measured(**json.loads(done.stdout))


def _pin(cores: int) -> None:
    """To so many cores, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-cores:])


def _medians(runs: list[Measured]) -> Medians:
    return Medians(
        seconds=statistics.median(run.seconds for run in runs),
        cpu_seconds=statistics.median(run.cpu_seconds for run in runs),
        peak_mb=statistics.median(run.peak_mb for run in runs),
        start_mb=statistics.median(run.start_mb for run in runs),
        all_seconds=tuple(round(run.seconds, 4) for run in runs),
        result=runs[0].result,
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_json(target: str, document: dict[str, Any]) -> None:
    """To a file, or to standard output for `-`."""
    text = json.dumps(document, indent=2, default=vars) + "\n"
    if target == "-":
        sys.stdout.write(text)
    else:
        Path(target).write_text(text, encoding="utf-8")
