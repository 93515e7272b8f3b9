"""The session keys of a batch, hashed, each with its partition: they show what belongs to sessions that are there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from agenttrace.dataset.encoding import write_table
from agenttrace.dataset.location import Location

KEYS_FILE = "keys.parquet"


def write_keys(keys: Sequence[AbstractSet[int]], folder: Location) -> None:
    """`keys`: those of each partition, in order."""
    pairs = sorted((key, number) for number, found in enumerate(keys) for key in found)
    columns: list[Any] = [
        pa.array([key for key, _ in pairs], pa.int64()),
        pa.array([number for _, number in pairs], pa.int32()),
    ]
    write_table(pa.table(columns, names=["key", "partition"]), folder / KEYS_FILE)


def partitions_with(keys: Iterable[int], folder: Location) -> set[int]:
    """Numbers of the partitions that have to do with one of these keys."""
    there, partition = _read(folder)
    return set(partition[np.isin(there, np.fromiter(keys, np.int64))].tolist())


def keys_of(partitions: AbstractSet[int], folder: Location) -> set[int]:
    """All keys of these partitions."""
    there, partition = _read(folder)
    return set(there[np.isin(partition, sorted(partitions))].tolist())


def _read(folder: Location) -> tuple[np.ndarray, np.ndarray]:
    with (folder / KEYS_FILE).open() as file:
        table = pq.read_table(file)
    return table["key"].to_numpy(), table["partition"].to_numpy()
