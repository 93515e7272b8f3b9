"""What comes later and belongs to sessions that a dataset has: those are put together anew, from their raw rows.

Those were kept beside each partition; where they were not, from all of the files that the sessions came from. The new
batch has them whole, and names the partitions that count no more. Nothing that is there is written anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from agenttrace.dataset.keys import keys_of, partitions_with
from agenttrace.dataset.location import Location
from agenttrace.dataset.partition import Partition
from agenttrace.dataset.stored import Dataset
from agenttrace.errors import InputError
from agenttrace.ingest.assembly.assemble import OfSource, ReadPart
from agenttrace.ingest.assembly.buckets import Bucket
from agenttrace.ingest.assembly.folder import Folder
from agenttrace.ingest.assembly.parts import part_again
from agenttrace.ingest.kept_rows import has_rows, read_rows
from agenttrace.ingest.listing import sources_of
from agenttrace.ingest.piped import Piped
from agenttrace.ingest.reading import Reading, Sharing
from agenttrace.ingest.undertaking import HowToRead, Read, Undertaking

Touched = Mapping[str, AbstractSet[int]]
"""Of batches, by name, the numbers of partitions."""


def read_with_earlier(
    paths: Sequence[str], dataset: Dataset | None, how: HowToRead, under: Undertaking
) -> Read:
    """All sessions of these files, and those in the dataset that have to do with them. InputError as `Reading`.

    InputError too where a file is needed again that is not what it was: so much has to be at hand where no rows are.
    """
    read = _read(paths, how, Sharing(how.engine, under.fresh_rows()))
    touched: Touched = {}
    while dataset is not None:
        found = _touched(dataset, read)
        if found == touched:
            break
        touched = found
        wanted = {key for keys in read.keys for key in keys}
        for batch, numbers in touched.items():
            wanted |= keys_of(numbers, dataset.place / batch)
        kept = _with_rows(dataset, touched)
        earlier = _files(dataset, {batch: numbers - kept[batch] for batch, numbers in touched.items()})
        named = _named(paths)
        sharing = Sharing(how.engine, under.fresh_rows(), frozenset(wanted), _parts(dataset, kept, named))
        read = _read([*earlier, *paths], how, sharing, frozenset(earlier) - named)
    return Read(read.buckets, read.findings, read.keys, _names(dataset, touched) if dataset else [])


def _names(dataset: Dataset, touched: Touched) -> list[str]:
    batches = {batch.name: batch.partitions for batch in dataset.manifest.batches}
    return [batches[batch][number] for batch, numbers in touched.items() for number in sorted(numbers)]


def _read(
    paths: Sequence[str],
    how: HowToRead,
    sharing: Sharing,
    earlier: frozenset[str] = frozenset(),
) -> Read:
    """`earlier`: files of which it is known what was found in them."""
    opened = Reading(
        paths,
        input_format=how.input_format,
        suspend_after_ns=how.suspend_after_ns,
        jobs=how.jobs,
        sharing=sharing,
    )
    with opened as reading:
        buckets = [bucket for bucket in reading.buckets() if isinstance(bucket, Bucket)]
        findings = [row for row in reading.ledger_rows() if row.path not in earlier]
        return Read(buckets, findings, reading.keys_of_buckets())


def _touched(dataset: Dataset, read: Read) -> dict[str, set[int]]:
    keys = {key for found in read.keys for key in found}
    touched: dict[str, set[int]] = defaultdict(set)
    for batch in dataset.manifest.batches:
        for number in partitions_with(keys, dataset.place / batch.name):
            if dataset.is_live(batch.partitions[number]):
                touched[batch.name].add(number)
    return dict(touched)


def _with_rows(dataset: Dataset, touched: Touched) -> Touched:
    return {
        batch: {number for number in numbers if has_rows(_place(dataset, batch, number))}
        for batch, numbers in touched.items()
    }


def _place(dataset: Dataset, batch: str, number: int) -> Location:
    names = {each.name: each.partitions for each in dataset.manifest.batches}
    return dataset.place / names[batch][number]


def _named(paths: Sequence[str]) -> frozenset[str]:
    """The files that these lead to."""
    return frozenset(source.path for source, _ in sources_of(paths, Piped(Folder(), known=True)))


def _parts(dataset: Dataset, kept: Touched, again: frozenset[str]) -> Iterator[ReadPart]:
    """The rows of these partitions, as parts of the sources that they came from.

    The records of each source are counted once, and here only if it is none of those that are read again.
    """
    for batch, numbers in kept.items():
        sources, counted = dataset.sources_of(batch).to_pylist(), set[int]()
        for number in sorted(numbers):
            rows = read_rows(_place(dataset, batch, number))
            for origin, frames in rows.of_sources():
                source = sources[origin]
                unread = source["path"] not in again and origin not in counted
                records = int(source["records"] or 0) if unread else 0
                counted.add(origin)
                dialects = tuple(filter(None, (source["dialect"] or "").split(",")))
                part = part_again(frames, rows.edges, records, dialects)
                yield ReadPart([OfSource(source["path"], source["format"], int(source["bytes"] or 0))], part)


def _files(dataset: Dataset, touched: Touched) -> list[str]:
    """Those that the sessions of these partitions came from, if they are what they were."""
    names = {batch.name: batch.partitions for batch in dataset.manifest.batches}
    found: dict[str, int] = {}
    for batch, numbers in touched.items():
        sources = dataset.sources_of(batch)
        paths, sizes = sources["path"].to_pylist(), sources["bytes"].to_pylist()
        for number in numbers:
            partition = Partition(dataset.place / names[batch][number])
            for used in partition.sessions()["sources"].to_pylist():
                found.update((str(paths[source]), int(sizes[source] or 0)) for source in used or ())
    for path, size in found.items():
        if not Path(path).is_file() or Path(path).stat().st_size < size:
            raise InputError(
                "holds the beginning of sessions that go on in what is to be added, and is not there as it was",
                where=path,
                hint="put it back, or ingest all of their files into a new dataset",
            )
    return sorted(found)
