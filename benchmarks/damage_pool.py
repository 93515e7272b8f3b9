"""Worker processes for cases that may hang or die: each is watched, and replaced when it does."""

from __future__ import annotations

import multiprocessing
import os
import resource
import tempfile
import time
import traceback
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import TYPE_CHECKING

from damage_material import Piece, piece_of

if TYPE_CHECKING:
    from damage_trial import Limits

CASE_LIMIT_S = 20.0
_AT_A_TIME = 5_000
_TOGETHER = 40
_GRACE_S = 15.0
_CLI_LIMIT_S = 90.0
Indices = tuple[int, ...]
"""Numbers of cases."""


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
    """`index`: the case that is being read; None while all of them are put through the rest."""

    process: SpawnProcess
    connection: Connection
    cases: Indices = ()
    index: int | None = None
    since: float = 0.0


def run_cases(job: Job, workers: int) -> Iterator[tuple[object, int]]:
    """(outcome, peak memory of its process in KiB) for every case, in the order in which they end.

    Cases of one piece follow each other for a while, so that its sound reading is at hand.
    """
    todo = deque(_batches(job))
    busy = [worker for _ in range(workers) if (worker := _begin(_started(job), todo))]
    while busy:
        ready = wait([worker.connection for worker in busy], timeout=1.0)
        for worker in list(busy):
            answers = _answers(worker, todo, ready=worker.connection in ready)
            if answers is None:
                continue
            yield from answers
            busy.remove(worker)
            healthy = worker if worker.process.is_alive() else _started(job)
            if next_worker := _begin(healthy, todo):
                busy.append(next_worker)


def _batches(job: Job) -> Iterator[Indices]:
    place = {id(piece): number for number, piece in enumerate(job.pieces)}

    def turn(index: int) -> tuple[int, int]:
        return index // _AT_A_TIME, place[id(piece_of(job.pieces, job.seed, index)[0])]

    ordered = sorted(range(job.cases), key=turn)
    for first in range(0, len(ordered), _TOGETHER):
        yield tuple(ordered[first : first + _TOGETHER])


def _started(job: Job) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs, job), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours)


def _begin(worker: _Worker, todo: deque[Indices]) -> _Worker | None:
    """Gives the worker its next cases; None if there are no more."""
    if not todo:
        worker.connection.close()
        worker.process.join(5)
        return None
    worker.cases, worker.index, worker.since = todo.popleft(), None, time.monotonic()
    worker.connection.send(worker.cases)
    return worker


def _answers(worker: _Worker, todo: deque[Indices], *, ready: bool) -> list[tuple[object, int]] | None:
    """What the worker says, or what is to be said of it; None while it works."""
    if ready:
        try:
            said = worker.connection.recv()
        except (EOFError, OSError):
            worker.process.join(5)
            return _blamed(worker, todo, "traceback", f"the process died: {worker.process.exitcode}")
        if isinstance(said, list):
            return said
        worker.index, worker.since = said, time.monotonic()
        return None
    if time.monotonic() - worker.since < CASE_LIMIT_S + _CLI_LIMIT_S + _GRACE_S:
        return None
    worker.process.kill()
    worker.process.join(5)
    return _blamed(worker, todo, "hang", "the process had to be killed")


def _blamed(worker: _Worker, todo: deque[Indices], category: str, text: str) -> list[tuple[object, int]]:
    """The case that it was at, or the only one; the others are tried again, each by itself."""
    index = worker.cases[0] if len(worker.cases) == 1 else worker.index
    todo.extendleft((other,) for other in worker.cases if other != index)
    return [] if index is None else [((index, category, text), 0)]


def _work(connection: Connection, job: Job) -> None:
    from damage_trial import Limits  # noqa: PLC0415  # the parent does without

    os.environ["POLARS_MAX_THREADS"] = "1"
    limits = Limits(CASE_LIMIT_S, _CLI_LIMIT_S, job.command_every, connection.send)
    with tempfile.TemporaryDirectory(prefix="agenttrace-damage-") as folder:
        while True:
            try:
                cases = connection.recv()
            except EOFError:
                return
            connection.send(_tried(job, cases, Path(folder) / "trace", limits))


def _tried(job: Job, cases: Indices, path: Path, limits: Limits) -> list[tuple[object, int]]:
    from damage_trial import try_cases, variant_of  # noqa: PLC0415  # the parent does without

    try:
        outcomes = try_cases(job.pieces, job.seed, cases, path, limits)
    except Exception:  # noqa: BLE001  # a fault of the benchmark itself is told, not lost
        return [((index, "traceback", f"in the benchmark: {traceback.format_exc()}"), 0) for index in cases]
    for outcome in outcomes:
        if outcome.problems:
            _, kind, variant = variant_of(job.pieces, job.seed, outcome.index)
            name = f"{outcome.index}-{outcome.format}-{kind}".replace(" ", "-")
            (job.keep / name).write_bytes(variant.content)
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return [(outcome, peak_kb) for outcome in outcomes]
