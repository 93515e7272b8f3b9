"""A dataset of any size: the partitions of a small one over and over, the sessions under other names each time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.dataset.index import write_index
from agenttrace.dataset.location import Location
from agenttrace.dataset.manifest import Manifest, read_manifest
from agenttrace.dataset.partition import TABLES, Partition
from agenttrace.dataset.stored import INDEX_FILE, Dataset
from agenttrace.ingest.storing import partition_name
from agenttrace.model.trace import Trace


def grow(base: Path, target: Path, spans: int) -> Path:
    """So many spans at least, from those of `base`, which has one batch. What `target` has already stays there."""
    place = Location(str(target))
    (batch,) = read_manifest(Location(str(base))).batches
    folder = place / batch.name
    target.mkdir(exist_ok=True)
    if not folder.exists():
        copied = shutil.ignore_patterns("partition-*", INDEX_FILE)
        shutil.copytree(base / batch.name, target / batch.name, ignore=copied)
    names: list[str] = []
    grown = replace(batch, partitions=names, sessions=0, spans=0, stored_bytes=0)
    pieces = Dataset(Location(str(base))).pieces()
    while grown.spans < spans:
        turn, number = divmod(len(names), len(pieces))
        partition = Partition(folder / partition_name(len(names)))
        if partition.note() is None:
            trace = _renamed(pieces[number].trace(), turn)
            size = partition.write([trace])
            partition.seal(
                {"spans": trace.spans.num_rows, "sessions": trace.sessions.num_rows, "stored_bytes": size}
            )
        note = partition.note()
        names.append(f"{batch.name}/{partition_name(len(names))}")
        grown = replace(
            grown,
            sessions=grown.sessions + note["sessions"],
            spans=grown.spans + note["spans"],
            stored_bytes=grown.stored_bytes + note["stored_bytes"],
        )
    write_index(_sessions(folder, len(names)), folder / INDEX_FILE)
    manifest = read_manifest(Location(str(base)))
    Manifest(manifest.suspend_after_ns, [grown]).write(place)
    return target


def _sessions(folder: Location, count: int) -> Iterator[pa.Table]:
    for number in range(count):
        yield Partition(folder / partition_name(number)).sessions()


def _renamed(trace: Trace, turn: int) -> Trace:
    """Names that begin differently, so that they are as scattered as names are."""
    prefix = f"{turn * 0x9E3779B1 % 2**32:08x}-"
    renamed = {}
    for table in TABLES:
        rows: pa.Table = getattr(trace, table.name)
        place = rows.schema.get_field_index("session")
        names = pc.replace_substring_regex(rows["session"], "^", prefix)
        renamed[table.name] = rows.set_column(place, rows.schema.field(place), names)
    return replace(trace, **renamed)
