"""`ingest --compact`: all batches of a dataset become one, without what counts no more, in partitions of even size.

The raw rows that were kept for what comes later go.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from agenttrace.critical_path.analysis import sessions_to_rank
from agenttrace.critical_path.what_if.ranking import first_of
from agenttrace.dataset.encoding import write_table
from agenttrace.dataset.index import write_index
from agenttrace.dataset.keys import keys_of, write_keys
from agenttrace.dataset.location import Location
from agenttrace.dataset.manifest import Batch, Manifest, read_manifest
from agenttrace.dataset.partition import Partition
from agenttrace.dataset.stored import FINDINGS_FILE, INDEX_FILE, SOURCES_FILE, Dataset, Stored
from agenttrace.ingest.kept_looks import write_looks, write_ranked, write_service
from agenttrace.ingest.kept_rows import remove_rows
from agenttrace.ingest.storing import LOOKED_AT, partition_name
from agenttrace.ingest.undertaking import alone, undertaken
from agenttrace.serving.looks import Looks, look_at

PARTITION_SPANS = 90_000
"""Partitions are put together until they have so many spans."""


@dataclass(frozen=True, slots=True)
class _Task:
    """What becomes one partition, and which."""

    pieces: Sequence[Stored]
    partition: Partition


def compact(place: Location) -> Batch:
    """The one batch that there is then. What was there before goes once the manifest names it."""
    with alone(place):
        dataset = Dataset(place)
        manifest = dataset.manifest
        _remove_others(place, manifest)
        if len(manifest.batches) == 1:
            return _without_rows(place, manifest)
        batch = _folded(place, dataset)
        _remove_others(place, read_manifest(place))
        return batch


def _folded(place: Location, dataset: Dataset) -> Batch:
    """All batches as a new one, which the manifest names instead of them."""
    manifest = dataset.manifest
    name = f"batch-{_number(manifest.batches[-1].name) + 1:04}"
    folder = place / name
    with undertaken(place, folder, _plan(manifest)) as under:
        tasks = list(_tasks(dataset, folder))
        notes = [_written(task) for task in tasks]
        _close(dataset, folder, tasks)
        batch = Batch(
            name,
            [plan for each in manifest.batches for plan in each.plans],
            [f"{name}/{partition_name(number)}" for number in range(len(tasks))],
            dataset.sources().num_rows,
            sum(note["sessions"] for note in notes),
            sum(note["spans"] for note in notes),
            sum(note["stored_bytes"] for note in notes),
        )
        write_service(place, [batch])
        replace(manifest, batches=[batch]).write(place)
        under.done()
    return batch


def _without_rows(place: Location, manifest: Manifest) -> Batch:
    """The only batch, which needs no folding."""
    batch = replace(manifest.batches[0], kept_bytes=0)
    replace(manifest, batches=[batch]).write(place)
    for name in batch.partitions:
        remove_rows(place / name)
    return batch


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])


def _plan(manifest: Manifest) -> str:
    """An attempt goes on with one before it if it is of the same batches."""
    plans = "".join(plan for batch in manifest.batches for plan in batch.plans)
    return hashlib.sha256(f"compact {plans}".encode()).hexdigest()


def _remove_others(place: Location, manifest: Manifest) -> None:
    """Batches that are folded into another one."""
    last = _number(manifest.batches[-1].name)
    names = {batch.name for batch in manifest.batches}
    for name in place.names():
        if name.startswith("batch-") and name not in names and _number(name) <= last:
            (place / name).remove()


def _tasks(dataset: Dataset, folder: Location) -> Iterator[_Task]:
    held: list[Stored] = []
    spans = number = 0
    for piece in dataset.pieces():
        more = int(piece.partitions[0].note()["spans"])
        if held and spans + more > PARTITION_SPANS * 5 // 4:
            yield _Task(held, Partition(folder / partition_name(number)))
            held, spans, number = [], 0, number + 1
        held.append(piece)
        spans += more
    if held:
        yield _Task(held, Partition(folder / partition_name(number)))


def _written(task: _Task) -> dict[str, int]:
    note = task.partition.note()
    if note is None:
        traces = [piece.trace() for piece in task.pieces]
        notes = [piece.partitions[0].note() for piece in task.pieces]
        size = task.partition.write(traces)
        task.partition.seal(
            {
                "sessions": sum(trace.sessions.num_rows for trace in traces),
                "spans": sum(trace.spans.num_rows for trace in traces),
                "stored_bytes": size,
                "findings": [row for found in notes for row in found["findings"]],
            }
        )
        note = task.partition.note()
    found: dict[str, int] = note
    return found


def _close(dataset: Dataset, folder: Location, tasks: Sequence[_Task]) -> None:
    """What is of the whole batch."""
    looks, ranked = Looks(), dict[str, int]()
    sources = dataset.sources()
    for task in tasks:
        trace = task.partition.read(sources, LOOKED_AT)
        looks.add(look_at(trace))
        ranked = first_of({**ranked, **sessions_to_rank(trace.timed())})
    write_table(sources, folder / SOURCES_FILE)
    write_table(dataset.findings(), folder / FINDINGS_FILE)
    write_index((task.partition.sessions() for task in tasks), folder / INDEX_FILE)
    write_keys([_keys(dataset, task) for task in tasks], folder)
    write_looks(looks, folder)
    write_ranked(ranked, folder)
    folder.sweep()


def _keys(dataset: Dataset, task: _Task) -> set[int]:
    found: set[int] = set()
    for piece in task.pieces:
        for batch in dataset.manifest.batches:
            places = [dataset.place / name for name in batch.partitions]
            if piece.partitions[0].place in places:
                number = places.index(piece.partitions[0].place)
                found |= keys_of({number}, dataset.place / batch.name)
    return found
