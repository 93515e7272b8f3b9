"""Buckets of complete sessions become partitions of a dataset: a piece of work for any engine, done once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agenttrace.critical_path.analysis import sessions_to_rank
from agenttrace.dataset.location import Location
from agenttrace.dataset.partition import Partition, Wanted
from agenttrace.ingest.assembly.buckets import Bucket
from agenttrace.ingest.assembly.ledger import LedgerRow
from agenttrace.ingest.kept_rows import keep_rows
from agenttrace.model.schema import SESSIONS, SOURCES, SPANS
from agenttrace.serving.looks import Look, look_at
from agenttrace.serving.observations import FACTS
from agenttrace.serving.token_costs import STATED_FACTS

BUCKETS = 4
"""So many go into one partition, about 100,000 spans: what one piece of work of the analysis holds in memory."""

LOOKED_AT = Wanted(columns=frozenset({*FACTS, *STATED_FACTS}), tables=frozenset({SESSIONS.name, SPANS.name}))


@dataclass(frozen=True, slots=True)
class StoreTask:
    """Buckets, and the partition that they become."""

    buckets: Sequence[Bucket]
    partition: Partition


@dataclass(frozen=True, slots=True)
class PartitionStored:
    """What there is to say of a partition that is whole.

    `ranked`: see `sessions_to_rank`. `fresh`: it was not there before.
    """

    sessions: int
    spans: int
    stored_bytes: int
    kept_bytes: int
    findings: Sequence[LedgerRow]
    look: Look
    ranked: Mapping[str, int]
    fresh: bool


def store_tasks(buckets: Sequence[Bucket], folder: Location) -> Iterator[StoreTask]:
    """All buckets, some at a time, in their order."""
    for number, first in enumerate(range(0, len(buckets), BUCKETS)):
        yield StoreTask(buckets[first : first + BUCKETS], Partition(folder / partition_name(number)))


def partition_name(number: int) -> str:
    """Of its folder, in that of its batch."""
    return f"partition-{number:06}"


def store(task: StoreTask) -> PartitionStored:
    """Writes the partition; one that is whole already stays as it is."""
    note = task.partition.note()
    if note is not None:
        return _told(task.partition, note, fresh=False)
    buckets = [bucket.loaded() for bucket in task.buckets]
    assembled = [bucket.assemble() for bucket in buckets]
    traces = [found.trace for found in assembled]
    stored_bytes = task.partition.write(traces)
    kept_bytes = keep_rows(buckets, task.partition.place)
    task.partition.seal(
        {
            "sessions": sum(trace.sessions.num_rows for trace in traces),
            "spans": sum(trace.spans.num_rows for trace in traces),
            "stored_bytes": stored_bytes,
            "kept_bytes": kept_bytes,
            "findings": [list(row) for found in assembled for row in found.findings],
        }
    )
    return _told(task.partition, task.partition.note(), fresh=True)


def _told(partition: Partition, note: Any, *, fresh: bool) -> PartitionStored:
    """The same, whether it was written now or before: it is read back."""
    trace = partition.read(SOURCES.empty, LOOKED_AT)
    findings = [LedgerRow(*row) for row in note["findings"]]
    return PartitionStored(
        note["sessions"],
        note["spans"],
        note["stored_bytes"],
        note.get("kept_bytes", 0),
        findings,
        look_at(trace),
        sessions_to_rank(trace.timed()),
        fresh,
    )
