"""Worker processes for cases that may hang or die: each is watched, and replaced when it does."""

from __future__ import annotations

import multiprocessing
import os
import resource
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from damage_material import Piece, piece_of

CASE_LIMIT_S = 20.0
_GRACE_S = 15.0
_CLI_LIMIT_S = 90.0


@dataclass(frozen=True)
class Job:
    """What all workers do: `cases` of `seed`, every `command_every`-th through the real command too."""

    pieces: list[Piece]
    seed: int
    cases: int
    command_every: int
    keep: Path


@dataclass
class _Worker:
    process: SpawnProcess
    connection: Connection
    index: int = -1
    since: float = 0.0


def run_cases(job: Job, workers: int) -> Iterator[tuple[object, int]]:
    """(outcome, peak memory of its process in KiB) for every case, in the order in which they end.

    Cases of one piece follow each other, so that its sound reading is at hand.
    """
    pieces = {id(piece): number for number, piece in enumerate(job.pieces)}
    todo = iter(
        sorted(range(job.cases), key=lambda index: pieces[id(piece_of(job.pieces, job.seed, index)[0])])
    )
    busy = [worker for _ in range(workers) if (worker := _begin(_started(job), todo))]
    while busy:
        ready = wait([worker.connection for worker in busy], timeout=1.0)
        for worker in list(busy):
            answer = _answer(worker, ready=worker.connection in ready)
            if answer is None:
                continue
            yield answer
            busy.remove(worker)
            healthy = worker if worker.process.is_alive() else _started(job)
            if next_worker := _begin(healthy, todo):
                busy.append(next_worker)


def _started(job: Job) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, job), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _begin(worker: _Worker, todo: Iterator[int]) -> _Worker | None:
    """Gives the worker its next case; None if there are no more."""
    index = next(todo, None)
    if index is None:
        worker.connection.close()
        worker.process.join(5)
        return None
    worker.index, worker.since = index, time.monotonic()
    worker.connection.send(index)
    return worker


def _answer(worker: _Worker, *, ready: bool) -> tuple[object, int] | None:
    """What the worker says, or what is to be said of it; None while it works."""
    if ready:
        try:
            answer: tuple[object, int] = worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join(5)
            return (worker.index, "traceback", f"the process died: {worker.process.exitcode}"), 0
        return answer
    if time.monotonic() - worker.since < CASE_LIMIT_S + _CLI_LIMIT_S + _GRACE_S:
        return None
    worker.process.kill()
    worker.process.join(5)
    return (worker.index, "hang", "the process had to be killed"), 0


def _work(connection: Connection, job: Job) -> None:
    from damage_trial import try_case, try_command, variant_of  # noqa: PLC0415  # the parent does without

    os.environ["POLARS_MAX_THREADS"] = "1"
    with tempfile.TemporaryDirectory(prefix="agenttrace-damage-") as folder:
        path = Path(folder) / "trace"
        while True:
            try:
                index = connection.recv()
            except EOFError:
                return
            started = time.perf_counter()
            try:
                outcome = try_case(job.pieces, job.seed, index, path, CASE_LIMIT_S)
                outcome.seconds = time.perf_counter() - started
                if index % job.command_every == 0:
                    try_command(path, outcome, _CLI_LIMIT_S)
            except Exception:  # noqa: BLE001  # a fault of the benchmark itself is told, not lost
                connection.send(((index, "traceback", f"in the benchmark: {traceback.format_exc()}"), 0))
                continue
            if outcome.problems:
                _, kind, variant = variant_of(job.pieces, job.seed, index)
                name = f"{index}-{outcome.format}-{kind}".replace(" ", "-")
                (job.keep / name).write_bytes(variant.content)
            connection.send((outcome, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
