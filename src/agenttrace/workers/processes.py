"""Several processes, which share nothing and end with the one that began them."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import parent_process
from multiprocessing.context import SpawnContext, SpawnProcess

from agenttrace.errors import WorkerError
from agenttrace.workers.engine import Piece, Result

_PIECES_A_WORKER = 2
"""One that is worked on and one that waits, so that nobody idles while a result is taken."""

_SETTINGS = {
    "POLARS_MAX_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_TRIM_THRESHOLD_": "1000000",
}
"""Each worker is one core's: the libraries' own threads would stand in each other's way. And memory goes back when
it is free: an allocator that keeps it for later keeps it in every process."""


class Processes:
    """Does it in processes of its own, which start when they are first needed."""

    def __init__(self, jobs: int) -> None:
        """`jobs` processes at most."""
        self.jobs = jobs
        self._context = _Context()
        self._executor: ProcessPoolExecutor | None = None

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """What `work` makes of each piece. WorkerError where a process ends before its work does."""
        under_way: deque[Future[Result]] = deque()
        try:
            for piece in pieces:
                under_way.append(self._submit(work, piece))
                while len(under_way) >= _PIECES_A_WORKER * self.jobs:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        except BrokenProcessPool as error:
            raise WorkerError(
                "a worker process ended before its work was done",
                hint="memory may have run out: --jobs 1 takes less",
            ) from error
        finally:
            for future in under_way:
                future.cancel()

    def _submit(self, work: Callable[[Piece], Result], piece: Piece) -> Future[Result]:
        with _interrupts_held(), _settings():
            if self._executor is None:
                self._executor = ProcessPoolExecutor(self.jobs, self._context, initializer=_begin)
            return self._executor.submit(work, piece)

    def close(self) -> None:
        """Ends the processes, once what they are doing is done."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    def abandon(self) -> None:
        """Ends the processes at once. Nothing can be done with it afterwards."""
        for process in self._context.started:
            process.kill()


class _Context(SpawnContext):
    """Fresh processes on every platform; remembers those that it started."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(  # type: ignore[override]  # noqa: N802  # as the executor calls it
        self, target: Callable[..., object], args: tuple[object, ...]
    ) -> SpawnProcess:
        process = SpawnProcess(target=target, args=args)
        self.started.append(process)
        return process


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


def _begin() -> None:
    """In a new process: Ctrl-C is its parent's affair, and it does not outlive that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()


def _end_with_the_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
