"""Raw rows of a partition, kept beside it: what comes later is put together with them, and no file is read again.

They stay until the dataset is compacted. Of formats that read several files together rows are not kept: what a record
means is told by records of other files, which a later one may be.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from agenttrace.dataset.encoding import write_table
from agenttrace.dataset.location import Location
from agenttrace.ingest.assembly.buckets import Bucket
from agenttrace.ingest.assembly.frames import TABLES, Frames, together
from agenttrace.ingest.assembly.membership import Edge, Edges
from agenttrace.ingest.format import GroupedFormat
from agenttrace.ingest.registry import format_by_id
from agenttrace.model.schema import Column

_FOLDER = "rows"


@dataclass(frozen=True, slots=True)
class KeptRows:
    """Rows of complete sessions, each with its `origin` among the sources of the batch; and edges of their keys."""

    frames: Frames
    edges: Edges

    def of_sources(self) -> Iterator[tuple[int, Frames]]:
        """The rows of each source, by its number."""
        origins = {origin for frame in self.frames.items().values() for origin in frame["origin"].unique()}
        for origin in sorted(origins):
            of_source = pl.col("origin") == origin
            yield (
                origin,
                Frames(**{name: frame.filter(of_source) for name, frame in self.frames.items().items()}),
            )


def _are_enough(formats: Sequence[str]) -> bool:
    """Whether the rows of sources of these formats tell all that their files would, whatever comes later."""
    return not any(isinstance(format_by_id(each), GroupedFormat) for each in set(formats))


def keep_rows(buckets: Sequence[Bucket], partition: Location) -> int:
    """Keeps those of the buckets of a partition, where they are enough: so many bytes."""
    kept = _rows_together([KeptRows(bucket.rows.frames(), bucket.rows.edges) for bucket in buckets])
    formats = buckets[0].about.formats
    if not _are_enough([formats[origin] for origin, _ in kept.of_sources()]):
        return 0
    return _write_rows(kept, partition)


def _rows_together(kept: Sequence[KeptRows]) -> KeptRows:
    strong = frozenset[Edge]().union(*(each.edges.strong for each in kept))
    weak = frozenset[Edge]().union(*(each.edges.weak for each in kept))
    return KeptRows(together([each.frames for each in kept]), Edges(strong, weak))


def _write_rows(kept: KeptRows, partition: Location) -> int:
    """So many bytes. The same rows give the same bytes."""
    folder = partition / _FOLDER
    folder.make()
    edges = [(*pair, True) for pair in sorted(kept.edges.strong)]
    edges += [(*pair, False) for pair in sorted(kept.edges.weak)]
    columns: list[Any] = list(zip(*edges, strict=True)) or [(), (), ()]
    types = (pa.string(), pa.string(), pa.bool_())
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    size = 0
    for name, frame in kept.frames.items().items():
        size += write_table(frame.to_arrow(), folder / f"{name}.parquet")
    size += write_table(pa.table(arrays, names=["a", "b", "strong"]), folder / _edges_file())
    folder.sweep()
    return size


@cache
def _edges_file() -> str:
    """Its name tells which tables and words there were: rows that another version wrote are not found."""
    known = [
        (name, column.name, str(column.type), [word.value for word in column.words or ()])
        for name, column in _columns()
    ]
    return f"edges-{hashlib.sha256(repr(known).encode()).hexdigest()[:12]}.parquet"


def _columns() -> Iterator[tuple[str, Column]]:
    return ((name, column) for name, table in TABLES.items() for column in table.columns)


def has_rows(partition: Location) -> bool:
    """Whether rows were kept that this version knows."""
    return (partition / _FOLDER / _edges_file()).exists()


def remove_rows(partition: Location) -> None:
    """None are there then."""
    (partition / _FOLDER).remove()


def read_rows(partition: Location) -> KeptRows:
    """All that were kept."""
    folder = partition / _FOLDER
    found: dict[str, pl.DataFrame] = {}
    for name, empty in together([]).items().items():
        frame = pl.DataFrame(pl.from_arrow(_read(folder / f"{name}.parquet")))
        found[name] = frame.cast(empty.schema)
    rows = _read(folder / _edges_file()).to_pylist()
    strong = frozenset((row["a"], row["b"]) for row in rows if row["strong"])
    weak = frozenset((row["a"], row["b"]) for row in rows if not row["strong"])
    return KeptRows(Frames(**found), Edges(strong, weak))


def _read(place: Location) -> pa.Table:
    with place.open() as file:
        return pq.read_table(file)
