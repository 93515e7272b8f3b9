"""Where each session is: its name, and the source's own, with the partition. Sorted, so that little of it is read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from agenttrace.dataset.encoding import write_table
from agenttrace.dataset.location import Location

_COLUMNS: list[pa.Field[Any]] = [
    pa.field("id", pa.string(), nullable=False),
    pa.field("session", pa.string(), nullable=False),
    pa.field("partition", pa.int32(), nullable=False),
]
_SCHEMA = pa.schema(_COLUMNS)


class Found(NamedTuple):
    """A session, and the number of its partition in its batch."""

    session: str
    partition: int


def write_index(sessions: Iterable[pa.Table], place: Location) -> None:
    """`sessions`: those of each partition, in order."""
    pieces = [_SCHEMA.empty_table()]
    for number, table in enumerate(sessions):
        for name in ("session", "source_id"):
            numbers = pa.array([number] * table.num_rows, pa.int32())
            found = pa.table([table[name], table["session"], numbers], names=_SCHEMA.names)
            pieces.append(found.filter(pc.is_valid(found["id"])).cast(_SCHEMA))
    whole = pa.concat_tables(pieces)
    whole = whole.group_by(["id", "session", "partition"]).aggregate([]).cast(_SCHEMA)
    write_table(whole.sort_by([("id", "ascending"), ("session", "ascending")]), place)


def look_up(beginnings: Sequence[str], place: Location) -> list[Found]:
    """The sessions of which an id begins with one of these."""
    found: set[Found] = set()
    with place.open() as file:
        parquet = pq.ParquetFile(file)
        for number in range(parquet.metadata.num_row_groups):
            statistics = parquet.metadata.row_group(number).column(0).statistics
            wanted = [text for text in beginnings if _may_hold(statistics, text)]
            if wanted:
                group = parquet.read_row_group(number)
                found.update(hit for text in wanted for hit in _beginning_with(group, text))
    return sorted(found)


def _may_hold(statistics: pq.Statistics | None, text: str) -> bool:
    if statistics is None or not statistics.has_min_max:
        return True
    return str(statistics.min)[: len(text)] <= text <= str(statistics.max)


def _beginning_with(group: pa.Table, text: str) -> Iterable[Found]:
    rows = group.filter(pc.starts_with(group["id"], text))
    places = zip(rows["session"].to_pylist(), rows["partition"].to_pylist(), strict=True)
    return [Found(str(session), int(partition or 0)) for session, partition in places]
