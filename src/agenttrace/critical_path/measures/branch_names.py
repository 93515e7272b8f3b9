"""What to call the branches of joins."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, Ints
from agenttrace.critical_path.measures.chunk import Chunk


def branch_names(chunk: Chunk) -> Callable[[Ints], pl.Series]:
    """What to call the spans at rows: the agent that a tool call holds, else the tool; NONE is called nothing."""
    own, names = columns.dictionary(chunk.table, "name")
    agents = chunk.agents.select("row", "called").drop_nulls("called").sort("called", descending=True)
    row = agents.get_column("row").to_numpy()
    called = len(names) + np.arange(len(row))
    name = own.copy()
    name[row] = called
    # Of several agents inside the one that stands first in the alphabet is the last to be written.
    name[chunk.graph.forest.parent[row]] = called
    every = pl.concat([pl.Series(names, dtype=pl.String), agents.get_column("called")])
    every = every.extend_constant(None, 1)

    def of(rows: Ints) -> pl.Series:
        found = np.where(rows == NONE, NONE, name[rows])
        return every.gather(np.where(found == NONE, len(every) - 1, found))

    return of
