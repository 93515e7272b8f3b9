"""Work on the machines of a Dask cluster, by the same functions over the same pieces as anywhere else.

What travels is a piece, which says where its rows lie, and a result. Dask never sees rows, so it cannot cut sessions
apart. A piece whose worker is killed is given to another one; what it had written is written again, and is the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from agenttrace.errors import InputError, UsageError, WorkerError
from agenttrace.workers.engine import Piece, Result
from agenttrace.workers.pickling import packed, unpacked
from agenttrace.workers.worker import answer

_PIECES_A_WORKER = 2
_PATIENCE_S = 10


class DaskCluster:
    """Does it at the workers of a cluster that runs already."""

    def __init__(self, address: str) -> None:
        """`address`: of its scheduler, `host:port`. UsageError without Dask, InputError where nobody answers."""
        try:
            from distributed import Client  # noqa: PLC0415  # an extra

            connect: Any = Client
        except ImportError as error:
            raise UsageError(
                "--engine dask://: Dask is not installed", hint="pip install distributed fsspec"
            ) from error
        try:
            self._client: Any = connect(f"tcp://{address}", timeout=_PATIENCE_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise InputError("no Dask scheduler answers", where=f"dask://{address}") from error
        self._held: deque[Any] = deque()

    @property
    def jobs(self) -> int:
        """Threads of all workers; a cluster that is still growing has one at least."""
        threads: dict[str, int] = self._client.nthreads()
        return max(2, sum(threads.values()))

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """What `work` makes of each piece. WorkerError where it was the end of one worker after the other."""
        self._forget()
        for piece in pieces:
            while len(self._held) >= _PIECES_A_WORKER * self.jobs:
                yield _result(self._held.popleft())
            self._held.append(self._client.submit(answer, packed((work, piece)), pure=False))
        while self._held:
            yield _result(self._held.popleft())

    def _forget(self) -> None:
        """Whoever asked for that is not interested any more."""
        while self._held:
            self._held.popleft().cancel()

    def close(self) -> None:
        """Leaves the cluster, which goes on."""
        self._forget()
        self._client.close()


def _result(future: Any) -> Any:  # noqa: ANN401  # Dask's, and whatever was packed
    from distributed import CancelledError, KilledWorker  # noqa: PLC0415

    try:
        message = future.result()
    except (KilledWorker, CancelledError) as killed:
        what = "the workers of the cluster ended before their work was done"
        raise WorkerError(
            what, hint="memory may have run out: give each worker more, or fewer threads"
        ) from killed
    finally:
        future.release()
    found, error = unpacked(message)
    if error is not None:
        raise error
    return found
