"""`ingest`: files become a dataset, or are added to one; whatever happens meanwhile, the dataset is whole.

What was done before a kill is not done again: partitions that are whole, and all that was read, once it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from agenttrace.critical_path.analysis import sessions_to_rank
from agenttrace.critical_path.what_if.ranking import first_of
from agenttrace.dataset.encoding import write_table
from agenttrace.dataset.index import write_index
from agenttrace.dataset.keys import write_keys
from agenttrace.dataset.location import Location
from agenttrace.dataset.manifest import NAME as MANIFEST
from agenttrace.dataset.manifest import Batch, Manifest, is_dataset, read_manifest
from agenttrace.dataset.partition import Partition
from agenttrace.dataset.stored import FINDINGS_FILE, INDEX_FILE, SOURCES_FILE, Dataset
from agenttrace.errors import UsageError
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.kept_looks import write_looks, write_ranked, write_service
from agenttrace.ingest.late import read_with_earlier
from agenttrace.ingest.reading import dataset_among
from agenttrace.ingest.storing import (
    BUCKETS,
    LOOKED_AT,
    PartitionStored,
    partition_name,
    store,
    store_tasks,
)
from agenttrace.ingest.undertaking import HowToRead, Read, alone, plan_of, remove_left, undertaken
from agenttrace.serving.looks import Looks, look_at
from agenttrace.workers.choice import engine_named, is_cluster
from agenttrace.workers.engine import Engine, InThisProcess

Refuse: TypeAlias = Callable[[pa.Table], None]
Counted: TypeAlias = Callable[[Iterable[PartitionStored], int], Iterable[PartitionStored]]


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of it. `resumed`: partitions that were there from an attempt before; `known`: nothing is new."""

    batch: Batch
    resumed: int = 0
    known: bool = False


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is to be done: see `ingest`."""

    plan: str
    how: HowToRead
    refuse: Refuse | None
    counted: Counted | None


@dataclass(slots=True)
class _Sums:
    """What partitions say, added up."""

    ledger: Ledger = field(default_factory=lambda: Ledger(()))
    looks: Looks = field(default_factory=Looks)
    ranked: dict[str, int] = field(default_factory=dict)
    sessions: int = 0
    spans: int = 0
    stored_bytes: int = 0
    kept_bytes: int = 0
    partitions: int = 0
    resumed: int = 0

    def add(self, found: PartitionStored) -> None:
        self.ledger.take(found.findings)
        self.looks.add(found.look)
        self.ranked = first_of({**self.ranked, **found.ranked})
        self.sessions += found.sessions
        self.spans += found.spans
        self.stored_bytes += found.stored_bytes
        self.kept_bytes += found.kept_bytes
        self.partitions += 1
        self.resumed += not found.fresh


def ingest(
    paths: Sequence[str],
    dataset: Location,
    how: HowToRead,
    refuse: Refuse | None = None,
    counted: Counted | None = None,
) -> Ingested:
    """Adds the sessions of these files to a dataset, which is made if it is not there.

    The same files with the same options add nothing a second time. `refuse` may raise for what was found.
    `counted` sees the partitions go by, and is told how many there will be.
    UsageError where there is something else, or where another process is at it.
    """
    if dataset_among(paths, how.input_format) is not None:
        raise UsageError("a dataset already", where=paths[0], hint="ingest the files that are to be added")
    plan = plan_of(paths, how)
    if not is_dataset(dataset) and not _may_become_one(dataset):
        raise UsageError("exists, and is no dataset", where=dataset.address, hint="choose another folder")
    dataset.make()
    with alone(dataset):
        manifest = read_manifest(dataset) if is_dataset(dataset) else Manifest(how.suspend_after_ns)
        if manifest.suspend_after_ns != how.suspend_after_ns:
            raise UsageError(
                f"the dataset was made with --suspend-after {manifest.suspend_after_ns / 1e9:g}s",
                where=dataset.address,
                hint="add to it with the same limit",
            )
        for batch in manifest.batches:
            if plan in batch.plans:
                remove_left(dataset)
                return Ingested(batch, known=True)
        return _added(paths, dataset, manifest, _Wish(plan, how, refuse, counted))


def _may_become_one(dataset: Location) -> bool:
    """Nothing is there, or an attempt that did not come to its end. UsageError where it is a file."""
    if not dataset.is_remote and Path(dataset.address).is_file():
        raise UsageError("exists, and is no folder", where=dataset.address, hint="name another place")
    return all(name.startswith((".", "_", "batch-", MANIFEST)) for name in dataset.names())


def _added(paths: Sequence[str], dataset: Location, manifest: Manifest, wish: _Wish) -> Ingested:
    name = f"batch-{1 + _last(manifest):04}"
    earlier = Dataset(dataset) if manifest.batches else None
    with undertaken(dataset, dataset / name, wish.plan) as under:
        known = under.known() or under.know(read_with_earlier(paths, earlier, wish.how, under))
        sums = _stored(known, dataset / name, wish)
        if earlier is not None and known.supersedes:
            _look_again(earlier, frozenset(known.supersedes), sums)
        if wish.refuse is not None:
            wish.refuse(sums.ledger.table())
        _close(dataset / name, known, sums)
        batch = Batch(
            name,
            [wish.plan],
            [f"{name}/{partition_name(number)}" for number in range(sums.partitions)],
            known.sources.num_rows,
            sums.sessions,
            sums.spans,
            sums.stored_bytes,
            known.supersedes,
            sums.kept_bytes,
        )
        batches = [*manifest.batches, batch]
        write_service(dataset, batches)
        replace(manifest, batches=batches).write(dataset)
        dataset.sweep()
        under.done()
    return Ingested(batch, resumed=sums.resumed)


def _stored(known: Read, folder: Location, wish: _Wish) -> _Sums:
    """Writes the partitions that are not there yet."""
    sums = _Sums()
    sums.ledger.take(known.findings)
    tasks = list(store_tasks(known.buckets, folder))
    with _engine(wish.how, len(tasks)) as engine:
        stored: Iterable[PartitionStored] = engine.map(store, tasks)
        for found in wish.counted(stored, len(tasks)) if wish.counted else stored:
            sums.add(found)
    return sums


def _last(manifest: Manifest) -> int:
    return int(manifest.batches[-1].name.rpartition("-")[2]) if manifest.batches else 0


def _look_again(earlier: Dataset, superseded: frozenset[str], sums: _Sums) -> None:
    """At what stays of the dataset: what was noted of it together counts sessions that are put together anew."""
    for piece in earlier.pieces():
        if not any(piece.partitions[0].place == earlier.place / name for name in superseded):
            trace = piece.only(LOOKED_AT).trace()
            sums.looks.add(look_at(trace))
            sums.ranked = first_of({**sums.ranked, **sessions_to_rank(trace.timed())})


@contextmanager
def _engine(how: HowToRead, pieces: int) -> Iterator[Engine]:
    """Whoever is to do so many pieces of work."""
    alone = not is_cluster(how.engine) and (how.jobs == 1 or pieces < 2)
    engine = InThisProcess() if alone else engine_named(how.engine, how.jobs)
    try:
        yield engine
    finally:
        engine.close()


def _close(folder: Location, known: Read, sums: _Sums) -> None:
    """What is of the whole batch."""

    def sessions() -> Iterator[pa.Table]:
        for number in range(sums.partitions):
            yield Partition(folder / partition_name(number)).sessions()

    write_table(known.sources, folder / SOURCES_FILE)
    write_keys(
        [set().union(*known.keys[n : n + BUCKETS]) for n in range(0, len(known.keys), BUCKETS)], folder
    )
    write_table(sums.ledger.table(), folder / FINDINGS_FILE)
    write_index(sessions(), folder / INDEX_FILE)
    write_looks(sums.looks, folder)
    write_ranked(sums.ranked, folder)
    folder.sweep()
