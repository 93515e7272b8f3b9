"""The files of a dataset, each once, however many batches had to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.model.schema import SOURCES
from agenttrace.model.trace import Trace


@dataclass(frozen=True, slots=True, eq=False)
class Files:
    """`table`: all files, in the order in which they were first met, each as it was met last.

    `number`: of each source of all batches, one batch behind the other, that of its file.
    """

    table: pa.Table
    number: NDArray[np.int32]

    def renumbered(self, trace: Trace, first: int) -> Trace:
        """A trace of a batch whose source 0 is the `first` of all, with the numbers of the table."""
        number = self.number[first:]
        if not first and np.array_equal(number, np.arange(len(number))):
            return trace
        sessions = _replaced(trace.sessions, "sources", _lists_of(trace.sessions["sources"], number))
        own = trace.spans["source"].to_numpy()
        files = np.where(own >= 0, number[np.maximum(own, 0)], own)
        return replace(trace, sessions=sessions, spans=_replaced(trace.spans, "source", pa.array(files)))


def files_of(batches: Sequence[pa.Table]) -> Files:
    """`batches`: the sources of each."""
    whole = pa.concat_tables([SOURCES.empty, *batches]).unify_dictionaries()
    place: dict[str | None, int] = {}
    number = np.array([place.setdefault(path, len(place)) for path in whole["path"].to_pylist()], np.int32)
    last = np.zeros(len(place), np.int64)
    last[number] = np.arange(whole.num_rows)  # of several the last one stays
    table = whole.take(last).set_column(0, SOURCES.arrow.field(0), pa.array(range(len(place)), pa.int32()))
    return Files(table, number)


def _replaced(table: pa.Table, name: str, column: Any) -> pa.Table:  # noqa: ANN401  # an array or a chunked one
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(place), column)


def _lists_of(column: pa.ChunkedArray[Any], number: NDArray[np.int32]) -> pa.Array[Any]:
    lists: Any = column.combine_chunks()
    return pa.ListArray.from_arrays(lists.offsets, pa.array(number[lists.values.to_numpy()]))
