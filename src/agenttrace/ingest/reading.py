"""`read`: paths, folders, globs or standard input become one trace."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from agenttrace.dataset.location import Location
from agenttrace.dataset.manifest import is_dataset
from agenttrace.dataset.stored import Dataset
from agenttrace.errors import InputError, UsageError
from agenttrace.ingest.assembly.assemble import DEFAULT_SUSPEND_NS, Assembly, ReadPart
from agenttrace.ingest.assembly.buckets import Assembled, Bucket, StoredBucket
from agenttrace.ingest.assembly.folder import Folder
from agenttrace.ingest.assembly.ledger import Ledger, LedgerRow
from agenttrace.ingest.assembly.store import MEMORY_BYTES, RawStore
from agenttrace.ingest.listing import STANDARD_INPUT, sources_of
from agenttrace.ingest.piped import Piped
from agenttrace.ingest.registry import format_by_id
from agenttrace.ingest.source import Source
from agenttrace.ingest.source_reader import Laid, SourceReader
from agenttrace.ingest.undertaking import is_begun
from agenttrace.model.trace import Trace
from agenttrace.workers.choice import LOCAL, engine_named, is_cluster
from agenttrace.workers.engine import Engine, InThisProcess, Piece, Result

SHARED_BYTES = 48 << 20
"""Processes start in half a second: less than this is read sooner than that pays."""

_FILE_BYTES = 256 << 10
"""Of any file, whatever is in it, something has to be done that takes as long as reading so much."""

_PACKED = 8
"""About so much more than its bytes is in a compressed file."""

SHARED_STORED_BYTES = 4 << 20
"""The same of a dataset, whose bytes hold a hundred times as much."""

DATASET = "dataset"
"""The id of the format that a dataset is."""

_SENT_BYTES = 1 << 20
_KEPT_BYTES = 16 << 20
"""Rows of one piece of work that come with its result: from another process, and from this one."""


def read(
    paths: str | Path | Sequence[str | Path],
    *,
    input_format: str | None = None,
    suspend_after_ns: int = DEFAULT_SUSPEND_NS,
    jobs: int = 1,
) -> Trace:
    """The trace in files, folders, globs, or `-` for standard input.

    The format of each file is found by content; `input_format` overrides that. A file named by itself
    that cannot be read raises InputError; in a folder or a glob it becomes a finding. With `jobs` beyond 1 so many
    processes read at once where there is enough to read; a program then needs `if __name__ == "__main__":`.

    >>> import agenttrace
    >>> agenttrace.read("sample_traces/claude-code/fan-out.jsonl")
    <Trace: sessions 1, agents 4, spans 41, findings 1, sources 1, formats claude-code>
    """
    with Reading(
        paths,
        input_format=input_format,
        suspend_after_ns=suspend_after_ns,
        memory_bytes=sys.maxsize,
        jobs=jobs,
    ) as reading:
        (trace,) = reading.traces()
        return replace(trace, findings=reading.findings())


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who does work that is shared, and where rows lie meanwhile: all workers have to see that folder.

    `only`: session keys, hashed; what has nothing to do with them is left out. `earlier`: what was read before, and
    is to be put together with what is read now.
    """

    engine: str = LOCAL
    folder: Folder | None = None
    only: frozenset[int] | None = None
    earlier: Iterable[ReadPart] = ()


class Reading:
    """Files that are read once, and given out as traces of complete sessions, in memory that has a bound.

    Raw rows beyond `memory_bytes` lie on disk, where TMPDIR says, until the reading is closed.
    """

    def __init__(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        input_format: str | None = None,
        suspend_after_ns: int = DEFAULT_SUSPEND_NS,
        memory_bytes: int = MEMORY_BYTES,
        jobs: int = 1,
        sharing: Sharing | None = None,
    ) -> None:
        """Nothing is read yet. The arguments are those of `read`."""
        sharing = sharing or Sharing()
        self._paths = [str(paths)] if isinstance(paths, (str, Path)) else [str(path) for path in paths]
        self.dataset = dataset_among(self._paths, input_format)
        self._forced = format_by_id(input_format) if input_format and self.dataset is None else None
        self._memory_bytes = memory_bytes
        self._jobs = jobs
        self._engine_name = sharing.engine
        if is_cluster(sharing.engine):
            memory_bytes = self._memory_bytes = min(memory_bytes, _SENT_BYTES)
        self._engine: Engine = InThisProcess()
        self._ledger = Ledger(())
        self._store = RawStore(memory_bytes, sharing.folder)
        self._store.only = sharing.only
        self._earlier = sharing.earlier
        self._assembly = Assembly(self._store, self._ledger, suspend_after_ns)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        """Closes it."""
        self.close()

    def close(self) -> None:
        """Ends the processes that it started, and removes what lies on disk."""
        self._engine.close()
        self._store.close()

    def rest(self) -> None:
        """Ends the processes that it started, which take memory: no work is left for them. All else stays."""
        if not is_cluster(self._engine_name):
            self._engine.close()

    def traces(self) -> Iterator[Trace]:
        """Every session in exactly one trace, their tables as `read` has them, but without findings.

        Raises InputError where a file named by itself cannot be read.
        """
        buckets = self.buckets()
        if len(buckets) == 1:
            yield self.take(buckets[0].assemble())
            return
        pieces: Iterable[Bucket | StoredBucket] = buckets
        for assembled in self.map(_assembled, pieces):
            yield self.take(assembled)

    def map(self, work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
        """What `work` makes of each piece, done where the reading was done: see `Engine.map`."""
        return self._engine.map(work, pieces)

    def take(self, assembled: Assembled) -> Trace:
        """The trace of a bucket that was assembled; what was found in it counts among the findings."""
        self.take_findings(assembled.findings)
        return assembled.trace

    def take_findings(self, findings: Iterable[LedgerRow]) -> None:
        """What was found in a bucket counts among the findings."""
        self._ledger.take(findings)

    def buckets(self, sessions: Sequence[str] = ()) -> list[Bucket] | list[StoredBucket]:
        """Reads everything. Every session is in one bucket, and of each bucket `take` what comes of it.

        Of a dataset nothing is read before a bucket is assembled, and if `sessions` has beginnings of ids, those
        buckets alone are given that have such sessions. Raises InputError where a file named by itself cannot be read.
        """
        if self.dataset is not None:
            return self._stored(self.dataset, sessions)
        piped = Piped(self._store.folder, known=self._forced is not None)
        sources = list(sources_of(self._paths, piped))
        if is_cluster(self._engine_name) or (
            self._jobs > 1 and is_worth_sharing(source for source, _ in sources)
        ):
            self.share()
        kept = self._memory_bytes if self._memory_bytes == sys.maxsize else _KEPT_BYTES
        laid = Laid(self._store.folder, _SENT_BYTES if self._engine.jobs > 1 else kept)
        for part in self._earlier:
            self._assembly.add(part)
        SourceReader(self._forced, self._ledger, self._assembly.add, self._engine, laid).read(sources)
        return self._assembly.buckets(self._engine)

    def share(self) -> None:
        """Work that is mapped is shared among processes, however little there is to read."""
        if self._jobs > 1 or is_cluster(self._engine_name):
            self._engine = engine_named(self._engine_name, self._jobs)

    def _stored(self, dataset: Dataset, sessions: Sequence[str]) -> list[StoredBucket]:
        self._ledger.take_table(dataset.findings())
        if self._memory_bytes == sys.maxsize:
            return [StoredBucket(dataset.whole())]
        if is_cluster(self._engine_name) or (dataset.stored_bytes >= SHARED_STORED_BYTES and not sessions):
            self.share()
        pieces = dataset.holding(sessions) if sessions else []
        whole = (
            dataset.pieces()[:1] if sessions else dataset.pieces()
        )  # whoever finds no session says what there is
        return [StoredBucket(piece) for piece in pieces or whole]

    def keys_of_buckets(self) -> list[AbstractSet[int]]:
        """Of each bucket the session keys that it has to do with, hashed."""
        return [self._store.keys[number] for number in sorted(self._store.keys)]

    def ledger_rows(self) -> list[LedgerRow]:
        """All findings so far."""
        return self._ledger.rows()

    def findings(self) -> pa.Table:
        """All findings, once the last trace is out."""
        return self._ledger.table()


def _assembled(bucket: Bucket | StoredBucket) -> Assembled:
    return bucket.assemble()


def dataset_among(paths: Sequence[str], input_format: str | None = None) -> Dataset | None:
    """The dataset that is to be read, if it is one. UsageError where there is something else beside it."""
    found = [path for path in paths if path != STANDARD_INPUT and is_dataset(Location(path))]
    for path in paths:
        if path not in found and Path(path).is_dir() and is_begun(Location(path)):
            hint = "give the same `agenttrace ingest` again: it goes on"
            raise InputError("a dataset that is not finished", where=path, hint=hint)
    if not found:
        if input_format == DATASET:
            raise InputError("no dataset", where=paths[0], hint="`agenttrace ingest` makes one")
        return None
    if len(paths) > 1:
        raise UsageError(
            "a dataset is read by itself",
            where=found[0],
            hint="`agenttrace ingest FILES -o` it adds files to it",
        )
    if input_format not in (None, DATASET):
        raise UsageError(f"a dataset, not {input_format}", where=found[0])
    return Dataset(Location(found[0]))


def is_worth_sharing(sources: Iterable[Source]) -> bool:
    """Whether there is so much to read that it pays to start processes for it."""
    size = 0
    for source in sources:
        with suppress(OSError, InputError):
            packed = source.content is not None or not source.is_plain
            size += _FILE_BYTES + source.stored_bytes * (_PACKED if packed else 1)
        if size >= SHARED_BYTES:
            return True
    return False
