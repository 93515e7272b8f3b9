"""A dataset as it is read: batch after batch, partition after partition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TypeAlias

import pyarrow as pa

from agenttrace.dataset.encoding import read_table
from agenttrace.dataset.index import look_up
from agenttrace.dataset.location import Location
from agenttrace.dataset.manifest import Batch, Manifest, read_manifest
from agenttrace.dataset.partition import EVERYTHING, Partition, Wanted, in_time
from agenttrace.dataset.sources import Files, files_of
from agenttrace.model.schema import FINDINGS, SOURCES
from agenttrace.model.trace import Trace

SOURCES_FILE, FINDINGS_FILE, INDEX_FILE = "sources.parquet", "findings.parquet", "index.parquet"


@dataclass(frozen=True, slots=True)
class Stored:
    """Some partitions of a dataset, and what is read of them. It can be pickled.

    `first_sources`: of each partition, the number that its source 0 has among the sources of the dataset. `batches`:
    the folders that have these sources.
    """

    dataset: Location
    batches: tuple[_Folder, ...]
    partitions: tuple[Partition, ...]
    first_sources: tuple[int, ...]
    wanted: Wanted = EVERYTHING

    def trace(self) -> Trace:
        """Their sessions, in the order of a trace. Without findings."""
        files = _files(self.dataset, self.batches)
        pieces = [
            files.renumbered(partition.read(files.table, self.wanted), first)
            for partition, first in zip(self.partitions, self.first_sources, strict=True)
        ]
        return pieces[0] if len(pieces) == 1 else in_time(pieces, files.table)

    def only(self, wanted: Wanted) -> Stored:
        """The same partitions, of which this is read."""
        sessions = self.wanted.sessions if wanted.sessions is None else wanted.sessions
        return replace(self, wanted=replace(wanted, sessions=sessions))


@dataclass(frozen=True)
class Dataset:
    """A dataset by its place."""

    place: Location

    @cached_property
    def manifest(self) -> Manifest:
        """What belongs to it."""
        return read_manifest(self.place)

    @property
    def stored_bytes(self) -> int:
        """Of all partitions."""
        return sum(batch.stored_bytes for batch in self.manifest.batches)

    def is_live(self, partition: str) -> bool:
        """Whether the sessions of a partition still count, and do not stand in a later one."""
        return partition not in self._superseded

    @cached_property
    def _superseded(self) -> frozenset[str]:
        return frozenset(name for batch in self.manifest.batches for name in batch.supersedes)

    def sources_of(self, batch: str) -> pa.Table:
        """The files of one batch, numbered as its partitions have them."""
        return read_table(SOURCES, self.place / batch / SOURCES_FILE)

    def sources(self) -> pa.Table:
        """All files that were ever read into it."""
        return _files(self.place, self._folders()).table

    def findings(self) -> pa.Table:
        """All that was found when they were, but for what was found in sessions that stand in a later batch."""
        tables = [read_table(FINDINGS, self.place / name / FINDINGS_FILE) for name in self._names()]
        whole = pa.concat_tables([FINDINGS.empty, *tables]).unify_dictionaries()
        return _without(whole, self._found_in_superseded()) if self._superseded else whole

    def _found_in_superseded(self) -> Counter[_Kind]:
        gone: Counter[_Kind] = Counter()
        for name in sorted(self._superseded):
            for code, severity, times, path, *_ in Partition(self.place / name).note()["findings"]:
                gone[code, severity, path] += times
        return gone

    def pieces(self) -> list[Stored]:
        """A piece of work for each partition."""
        return [self._piece((partition,), (first,)) for partition, first in self._partitions()]

    def whole(self) -> Stored:
        """All partitions as one."""
        found = list(self._partitions())
        return self._piece(tuple(one for one, _ in found), tuple(first for _, first in found))

    def holding(self, beginnings: Sequence[str]) -> list[Stored]:
        """Of the partitions that have sessions of which an id begins so: these sessions."""
        found: list[Stored] = []
        for batch, first in self._batches():
            names: dict[int, list[str]] = {}
            for hit in look_up(beginnings, self.place / batch.name / INDEX_FILE):
                if self.is_live(batch.partitions[hit.partition]):
                    names.setdefault(hit.partition, []).append(hit.session)
            for number, sessions in sorted(names.items()):
                place = Partition(self.place / batch.partitions[number])
                found.append(self._piece((place,), (first,)).only(Wanted(sessions=sessions)))
        return found

    def _partitions(self) -> Iterator[tuple[Partition, int]]:
        for batch, first in self._batches():
            for name in filter(self.is_live, batch.partitions):
                yield Partition(self.place / name), first

    def _batches(self) -> Iterator[tuple[Batch, int]]:
        first = 0
        for batch in self.manifest.batches:
            yield batch, first
            first += batch.sources

    def _names(self) -> tuple[str, ...]:
        return tuple(batch.name for batch in self.manifest.batches)

    def _folders(self) -> tuple[_Folder, ...]:
        return tuple((batch.name, tuple(batch.plans)) for batch in self.manifest.batches)

    def _piece(self, partitions: tuple[Partition, ...], first: tuple[int, ...]) -> Stored:
        return Stored(self.place, self._folders(), partitions, first)


_Folder: TypeAlias = tuple[str, tuple[str, ...]]
"""The name of a batch, and the plans of it: another dataset at the same place has other ones."""

_Kind: TypeAlias = tuple[str, str, str | None]
"""Code, severity and file of a finding."""


def _without(findings: pa.Table, gone: Counter[_Kind]) -> pa.Table:
    """The findings less those that are gone, of each kind so many."""
    left = []
    for row in findings.to_pylist():
        kind = (row["code"], row["severity"], row["file"])
        taken = min(gone[kind], row["count"])
        gone[kind] -= taken
        if row["count"] > taken:
            left.append(row | {"count": row["count"] - taken})
    return pa.Table.from_pylist(left, schema=FINDINGS.arrow)


@lru_cache(maxsize=2)
def _files(dataset: Location, batches: tuple[_Folder, ...]) -> Files:
    """Of all batches. Read once a process, not once a partition."""
    return files_of([read_table(SOURCES, dataset / name / SOURCES_FILE) for name, _ in batches])
