"""Parents as row numbers, and questions that are answered by climbing them, without recursion."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.ingest.assembly.columns import are, known
from agenttrace.ingest.assembly.ledger import Ledger
from agenttrace.ingest.assembly.lookup import NONE, KeyIndex, Rows
from agenttrace.model.vocabulary import Severity


def find_parents(spans: pl.DataFrame, index: KeyIndex, ledger: Ledger) -> Rows:
    """The row of each span's parent; NONE for a root, an orphan, and a span that is its own ancestor.

    `index`: of the spans.
    """
    parents = index.find(spans.get_column("sid"), spans.get_column("parent_key"))
    orphaned = (parents == NONE) & known(spans.get_column("parent_key"))
    ledger.add_where(
        "missing_parent",
        Severity.INFO,
        "a span whose parent is in no source: held by its agent",
        spans,
        orphaned,
    )
    cyclic = in_cycle(parents)
    ledger.add_where(
        "parent_cycle",
        Severity.WARNING,
        "spans that contain each other: their parents are dropped",
        spans,
        cyclic,
    )
    return np.where(cyclic, NONE, parents)


def parent_rows(spans: pl.DataFrame) -> Rows:
    """The row of each span's parent; NONE for a root, an orphan, and a span that is its own ancestor."""
    sid = spans.get_column("sid")
    parents = KeyIndex(sid, spans.get_column("span_key")).find(sid, spans.get_column("parent_key"))
    return np.where(in_cycle(parents), NONE, parents)


def in_cycle(parents: Rows) -> NDArray[np.bool_]:
    """Rows from which climbing never ends: those on a cycle, and those below one."""
    itself = np.arange(len(parents), dtype=np.int64)
    top = climb(np.where(parents == NONE, itself, parents))
    endless: NDArray[np.bool_] = parents[top] != NONE
    return endless


def views_of_requests(spans: pl.DataFrame, parents: Rows) -> NDArray[np.bool_]:
    """Rows that are a view of a request, or a part of one: its server's, for which its agent did nothing more."""
    other = are(spans, "kind", "other")
    above = nearest(parents, ~other)
    found: NDArray[np.bool_] = other & (above != NONE) & are(spans, "kind", "request")[above]
    return found


def climb(next_row: Rows) -> Rows:
    """Follows `next_row` to where it points at itself; rows that lead into a cycle end anywhere on it."""
    row = next_row
    for _ in range(max(1, len(next_row).bit_length())):
        further = row[row]
        if np.array_equal(further, row):
            break
        row = further
    return row


def nearest(parents: Rows, wanted: NDArray[np.bool_], through: NDArray[np.bool_] | None = None) -> Rows:
    """The nearest proper ancestor that is `wanted`, or NONE.

    With `through`, the climb passes only rows marked so, and stops without an answer at any other.
    """
    if not len(parents):
        return parents
    itself = np.arange(len(parents), dtype=np.int64)
    passes = ~wanted if through is None else (through & ~wanted)
    stops = ~passes | (parents == NONE)
    top = climb(np.where(stops, itself, parents))
    first = np.where(parents == NONE, itself, parents)
    answer = top[first]
    return np.where((parents != NONE) & wanted[answer], answer, NONE)
