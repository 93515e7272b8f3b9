"""Several processes, which share nothing and end with the one that began them.

Short pieces are done here as well, while all others have enough to do: a process more would take longer to load what
this one has loaded than it helps.

Each has a pipe of its own. When its other end is closed, whoever did that, the process ends: so none outlives the
program, and there is nothing in the system that somebody would have to take away.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from agenttrace.errors import WorkerError
from agenttrace.workers.engine import Piece, Result, is_short
from agenttrace.workers.pickling import packed, unpacked
from agenttrace.workers.worker import serve

_PIECES_A_WORKER = 2
"""One that is worked on and one that waits, so that nobody idles while a result is taken."""

_RESULTS_A_JOB = 8
"""So many results of short pieces wait for one that comes before them: a process that starts is late with its first."""

_SETTINGS = {
    "POLARS_MAX_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "8000000",
    "MALLOC_MMAP_THRESHOLD_": "8000000",
}
"""Each worker is one core's: the libraries' own threads would stand in each other's way. And memory goes back when
it is free, for an allocator that keeps it for later keeps it in every process; but not in pieces so small that fetching
them again takes as long as the work itself."""


@dataclass(eq=False)
class _Results:
    """Results, or what was raised, by the number of their piece; and the number of the one that comes next."""

    found: dict[int, tuple[Any, Exception | None]] = field(default_factory=dict)
    taken: int = 0

    def ready(self) -> Iterator[Any]:
        """Those for which no other one has to be waited for. What was raised is raised."""
        while self.taken in self.found:
            result, error = self.found.pop(self.taken)
            self.taken += 1
            if error is not None:
                raise error
            yield result


@dataclass(eq=False)
class _Worker:
    """A process, the numbers of the pieces that it has, and what it sends."""

    process: BaseProcess
    pipe: Connection
    has: deque[int] = field(default_factory=deque)


class Processes:
    """Does it in processes of its own, which start when they are first needed, and short pieces here as well."""

    def __init__(self, jobs: int) -> None:
        """`jobs` processes at most, or this one and `jobs` - 1."""
        self.jobs = jobs
        self._workers: list[_Worker] = []

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """What `work` makes of each piece. WorkerError where a process ends before its work does."""
        if any(worker.has for worker in self._workers):
            self.close()  # whoever asked for that is not interested any more
        results = _Results()
        given = 0
        for piece, is_last in _with_last(pieces):
            while given - results.taken >= self._room(piece):
                self._receive(results)
                yield from results.ready()
            if is_short(piece) and self._are_busy(results, 1 if is_last else _PIECES_A_WORKER):
                results.found[given] = _done_here(work, piece)
            else:
                self._give(given, work, piece)
            given += 1
            yield from results.ready()
        while results.taken < given:
            self._receive(results)
            yield from results.ready()

    def _room(self, piece: object) -> int:
        """For so many pieces before this one whose results are not taken yet."""
        return (_RESULTS_A_JOB if is_short(piece) else _PIECES_A_WORKER) * self.jobs

    def _give(self, number: int, work: Callable[[Piece], Result], piece: Piece) -> None:
        """To the one that has least to do."""
        worker = min(self._workers, key=lambda worker: len(worker.has), default=None)
        most = self._beside if is_short(piece) else self.jobs
        if worker is None or (worker.has and len(self._workers) < most):
            with _interrupts_held():  # or one would come before it is known whom to end
                worker = _started()
                self._workers.append(worker)
        message = packed((work, piece))
        try:
            worker.pipe.send_bytes(message)
        except OSError as error:
            raise _lost() from error
        worker.has.append(number)

    @property
    def _beside(self) -> int:
        """Processes that work beside this one."""
        return max(1, self.jobs - 1)

    def _are_busy(self, results: _Results, pieces: int) -> bool:
        """Whether all processes that there should be for short pieces have so many pieces."""
        self._receive(results, 0)
        return len(self._workers) >= self._beside and all(len(each.has) >= pieces for each in self._workers)

    def _receive(self, results: _Results, patience_s: float | None = None) -> None:
        """Waits for some results, without an end if there is no limit to its patience."""
        busy = {worker.pipe: worker for worker in self._workers if worker.has}
        for pipe in wait(busy, patience_s):
            worker = busy[pipe]  # type: ignore[index]  # what is waited for is what was given
            try:
                message = worker.pipe.recv_bytes()
            except (EOFError, OSError) as error:
                raise _lost() from error
            results.found[worker.has.popleft()] = unpacked(message)

    def close(self) -> None:
        """Ends the processes at once, whatever they are doing."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()
            worker.pipe.close()


def _with_last(pieces: Iterable[Piece]) -> Iterator[tuple[Piece, bool]]:
    """Each with whether it is a short one and the last; after others nothing is asked for ahead."""
    source = iter(pieces)
    at_hand = list(islice(source, 1))
    while at_hand:
        piece = at_hand.pop()
        if is_short(piece):
            at_hand = list(islice(source, 1))
            yield piece, not at_hand
        else:
            yield piece, False
            at_hand = list(islice(source, 1))


def _done_here(work: Callable[[Piece], Result], piece: Piece) -> tuple[Result | None, Exception | None]:
    try:
        return work(piece), None
    except Exception as error:  # noqa: BLE001  # it is raised in its turn
        return None, error


def _lost() -> WorkerError:
    what = "a worker process ended before its work was done"
    return WorkerError(what, hint="memory may have run out: --jobs 1 takes less")


def _started() -> _Worker:
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there,), daemon=True)
    with _settings():
        process.start()
    there.close()
    return _Worker(process, here)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes that start meanwhile never see an interrupt, and none is lost here: it comes a moment later."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    _start_tracker()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_tracker() -> None:
    """A process that multiprocessing starts before its first other one; from then on interrupts would come through."""
    from multiprocessing import resource_tracker  # noqa: PLC0415  # not on every platform

    resource_tracker.ensure_running()


@contextmanager
def _settings() -> Iterator[None]:
    """Processes that start meanwhile have these in their environment, where what the user set stays."""
    added = {name: value for name, value in _SETTINGS.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
