"""The spans of a chunk as arrays: what the graph is built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, Bools, Codes, Ints, climbed
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, Phase, Purpose, SpanKind

KINDS = tuple(SpanKind)
PHASES = tuple(Phase)
PURPOSES = tuple(Purpose)
EVIDENCE = tuple(Evidence)

KIND = {kind: code for code, kind in enumerate(KINDS)}
PHASE = {phase: code for code, phase in enumerate(PHASES)}
PURPOSE = {purpose: code for code, purpose in enumerate(PURPOSES)}
GRADE = {evidence: code for code, evidence in enumerate(EVIDENCE)}


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What requests know of their phases, a row for each span; NULL and NONE where the source did not say."""

    queue: Ints
    prefill: Ints
    first_token: Ints
    decode: Ints
    queue_evidence: Codes
    prefill_evidence: Codes
    first_token_evidence: Codes
    decode_evidence: Codes


@dataclass(frozen=True, slots=True, eq=False)
class SpanArrays:
    """A row for each span of the chunk. Sessions are numbered in the order of the rows.

    `parent` is a row, that of a session's own span for itself. `detachable`: its end must not be waited
    for further up than its parent, for it is background work.
    """

    names: pa.StringArray
    first: Ints
    session: Ints
    parent: Ints
    agent: Ints
    kind: Codes
    purpose: Codes
    own_phase: Codes
    start: Ints
    end: Ints
    start_evidence: Codes
    end_evidence: Codes
    blocking: Bools
    detachable: Bools
    facts: Facts
    lost: Ints

    def __len__(self) -> int:
        """The number of spans."""
        return len(self.session)

    def is_kind(self, *kinds: SpanKind) -> Bools:
        """Which spans are of one of these kinds."""
        table = np.zeros(len(KINDS), np.bool_)
        table[[KIND[kind] for kind in kinds]] = True
        return table[self.kind]


def span_arrays(chunk: Trace) -> SpanArrays:
    """Raises ValueError where the rows are not sorted by session and span, or not dense."""
    table = chunk.spans
    first = _first_rows(columns.numbers(table, "span"))
    session = np.cumsum(_marked(first, table.num_rows)) - 1
    parent, lost = _parents(table, first, session)
    kind = columns.codes(table, "kind", SpanKind)
    blocking = columns.flags(table, "blocking")
    names = cast("pa.StringArray", table.column("session").combine_chunks())
    names = names.take(pa.array(first, pa.int64()))
    detachable = ~blocking
    detachable[_background_rows(chunk, names, first)] = True
    return SpanArrays(
        names=names,
        first=first,
        session=session,
        parent=parent,
        agent=columns.numbers(table, "agent"),
        kind=kind,
        purpose=columns.codes(table, "purpose", Purpose),
        own_phase=columns.codes(table, "own_phase", Phase),
        start=columns.ints(table, "start_ns"),
        end=columns.ints(table, "end_ns"),
        start_evidence=columns.codes(table, "start_evidence", Evidence),
        end_evidence=columns.codes(table, "end_evidence", Evidence),
        blocking=blocking,
        detachable=detachable,
        facts=_facts(table),
        lost=lost,
    )


def session_sizes(spans: SpanArrays) -> Ints:
    """The number of spans of each session; a last 0 stands for a session that is not there."""
    return np.append(np.diff(np.append(spans.first, len(spans))), 0)


def session_numbers(table: pa.Table, names: pa.StringArray) -> Ints:
    """The number of the session of each row of a table; -1 for a session that is not in the chunk."""
    found = pc.index_in(table.column("session"), value_set=names)
    return columns.numbers(pa.table({"number": found}), "number")


def _first_rows(span: Ints) -> Ints:
    first = np.flatnonzero(span == 0)
    if not len(span):
        return first
    if not len(first) or first[0] != 0:
        raise ValueError("the spans of a session do not begin with span 0")
    lengths = np.diff(np.append(first, len(span)))
    if not np.array_equal(span, np.arange(len(span)) - np.repeat(first, lengths)):
        raise ValueError("the spans of a session are not dense or not sorted")
    return first


def _marked(rows: Ints, size: int) -> Ints:
    marked = np.zeros(size, np.int64)
    marked[rows] = 1
    return marked


def _parents(table: pa.Table, first: Ints, session: Ints) -> tuple[Ints, Ints]:
    """Parent rows, and the rows that had none of their own: they are given to their session's span."""
    number = columns.numbers(table, "parent")
    lengths = np.diff(np.append(first, len(number)))
    root = first[session] if len(first) else number
    known = (number >= 0) & (number < lengths[session]) if len(first) else number >= 0
    parent = np.where(known, number + root, root)
    row = np.arange(len(parent))
    parent[first] = first
    lost = ~known | (parent == row)
    lost[first] = False
    parent = np.where(lost, root, parent)
    if (parent > row).any():
        top = climbed(parent)
        endless = parent[top] != top
        parent = np.where(endless, root, parent)
        lost |= endless
    return parent, np.flatnonzero(lost)


def _background_rows(chunk: Trace, names: pa.StringArray, first: Ints) -> Ints:
    agents = chunk.agents
    chosen = columns.flags(agents, "background")
    session = session_numbers(agents, names)
    chosen &= session != NONE
    return first[session[chosen]] + columns.numbers(agents, "span")[chosen]


def _facts(table: pa.Table) -> Facts:
    return Facts(
        queue=columns.ints(table, "queue_ns"),
        prefill=columns.ints(table, "prefill_ns"),
        first_token=columns.ints(table, "first_token_ns"),
        decode=columns.ints(table, "decode_ns"),
        queue_evidence=columns.codes(table, "queue_evidence", Evidence),
        prefill_evidence=columns.codes(table, "prefill_evidence", Evidence),
        first_token_evidence=columns.codes(table, "first_token_evidence", Evidence),
        decode_evidence=columns.codes(table, "decode_evidence", Evidence),
    )
