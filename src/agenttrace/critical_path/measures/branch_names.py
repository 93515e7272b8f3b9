"""What to call the branches of joins."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, Ints
from agenttrace.critical_path.measures.chunk import Chunk
from agenttrace.model.frames import texts


def branch_names(chunk: Chunk) -> Callable[[Ints], pl.Series]:
    """What to call the spans at rows: the agent that a tool call holds, else the tool; NONE is called nothing."""
    own, names = columns.dictionary(chunk.table, "name")
    called = chunk.agents.get_column("called").to_list()
    row = chunk.agents.get_column("row").to_numpy()
    name = own.copy()
    # Of several agents inside the one that stands first in the alphabet is the last to be written.
    order = np.array(sorted(_there(called), key=lambda at: called[at] or "", reverse=True), np.int64)
    name[row[order]] = len(names) + order
    name[chunk.graph.forest.parent[row[order]]] = len(names) + order
    return lambda rows: texts([*names, *called], np.where(rows == NONE, NONE, name[rows]))


def _there(names: Sequence[str | None]) -> list[int]:
    return [at for at, name in enumerate(names) if name is not None]
