"""Several processes, which share nothing and end with the one that began them.

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
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from agenttrace.errors import WorkerError
from agenttrace.workers.engine import Piece, Result
from agenttrace.workers.pickling import packed, unpacked
from agenttrace.workers.worker import serve

_PIECES_A_WORKER = 2
"""One that is worked on and one that waits, so that nobody idles while a result is taken."""

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
class _Worker:
    """A process, the numbers of the pieces that it has, and what it sends."""

    process: BaseProcess
    pipe: Connection
    has: deque[int] = field(default_factory=deque)


class Processes:
    """Does it in processes of its own, which start when they are first needed."""

    def __init__(self, jobs: int) -> None:
        """`jobs` processes at most."""
        self.jobs = jobs
        self._workers: list[_Worker] = []

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """What `work` makes of each piece. WorkerError where a process ends before its work does."""
        if any(worker.has for worker in self._workers):
            self.close()  # whoever asked for that is not interested any more
        results: dict[int, tuple[Any, Exception | None]] = {}
        taken = given = 0
        for piece in pieces:
            while given - taken >= _PIECES_A_WORKER * self.jobs:
                self._receive(results)
                while taken in results:
                    yield _said(results.pop(taken))
                    taken += 1
            self._give(given, work, piece)
            given += 1
        while taken < given:
            if taken not in results:
                self._receive(results)
                continue
            yield _said(results.pop(taken))
            taken += 1

    def _give(self, number: int, work: Callable[[Piece], Result], piece: Piece) -> None:
        """To the one that has least to do."""
        worker = min(self._workers, key=lambda worker: len(worker.has), default=None)
        if worker is None or (worker.has and len(self._workers) < self.jobs):
            with _interrupts_held():  # or one would come before it is known whom to end
                worker = _started()
                self._workers.append(worker)
        message = packed((work, piece))
        try:
            worker.pipe.send_bytes(message)
        except OSError as error:
            raise _lost() from error
        worker.has.append(number)

    def _receive(self, results: dict[int, tuple[Any, Exception | None]]) -> None:
        """Waits for some results."""
        busy = {worker.pipe: worker for worker in self._workers if worker.has}
        for pipe in wait(busy):
            worker = busy[pipe]  # type: ignore[index]  # what is waited for is what was given
            try:
                message = worker.pipe.recv_bytes()
            except (EOFError, OSError) as error:
                raise _lost() from error
            results[worker.has.popleft()] = unpacked(message)

    def close(self) -> None:
        """Ends the processes at once, whatever they are doing."""
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()
            worker.pipe.close()


def _said(found: tuple[Result, Exception | None]) -> Result:
    result, error = found
    if error is not None:
        raise error
    return result


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
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
