"""Workloads without times made playable: every request gets the same length, and begins when what it waits for says.

What is recorded of such a session is its order, its arrival and its pauses. They are laid out as if every request
took a second, half of it before the first token; a course keeps the pauses and forgets the second.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NONE, NULL, Bools, Ints
from agenttrace.critical_path.levels import levels
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, SpanKind
from agenttrace.replay.course import Pauses

_LENGTH_NS = 1_000_000_000
_KINDS = tuple(SpanKind)


def is_untimed(trace: Trace) -> bool:
    """Whether there are sessions, and none of them has times."""
    timed = trace.sessions.column("timed").to_numpy(zero_copy_only=False)
    return bool(len(timed)) and not timed.any()


def laid_out(trace: Trace) -> Trace:
    """The sessions of a workload with a nominal length for each request, as if they were timed."""
    spans, rows = trace.spans, trace.spans.num_rows
    first = _first_rows(trace)
    kind = columns.codes(spans, "kind", SpanKind)
    request = kind == _KINDS.index(SpanKind.REQUEST)
    start, end = (columns.numbers(spans, name) for name in ("start_ns", "end_ns"))
    length = np.where(request, _LENGTH_NS, end - start)
    parent = columns.numbers(spans, "parent")
    parent = np.where(parent == NONE, NONE, parent + first)
    leaf = np.ones(rows, np.bool_)
    leaf[parent[parent != NONE]] = False
    start = _earliest(trace, first, start, length)
    end = start + length
    start, end = _held(parent, leaf, start, end)
    half = np.where(request, _LENGTH_NS // 2, NULL)
    values = {
        "start_ns": start,
        "end_ns": end,
        "queue_ns": np.where(request, 0, NULL),
        "prefill_ns": half,
        "first_token_ns": np.where(request, start + _LENGTH_NS // 2, NULL),
        "decode_ns": half,
    }
    for name, column in values.items():
        spans = _with(spans, name, pa.array(column, pa.int64(), mask=column == NULL))
    for name in ("queue", "prefill", "first_token", "decode"):
        field = spans.schema.field(f"{name}_evidence")
        word = pa.array([Evidence.ESTIMATED.value if one else None for one in request.tolist()], pa.string())
        spans = _with(spans, f"{name}_evidence", word.dictionary_encode().cast(field.type))
    return replace(
        trace, spans=spans, marks=_marks(trace, start), sessions=_sessions(trace, first, start, end)
    )


def stated_pauses(chunk: Trace) -> Pauses:
    """The pauses that links state."""
    table = chunk.links
    delay = columns.ints(table, "delay_ns")
    base = _row_base(chunk, table)
    stated = delay != NULL
    source, target = columns.numbers(table, "from_span"), columns.numbers(table, "to_span")
    return Pauses((source + base)[stated], (target + base)[stated], delay[stated])


def _earliest(trace: Trace, first: Ints, start: Ints, length: Ints) -> Ints:
    """Starts, when all that is linked to a span has ended, or was sent, and the pause has passed."""
    table = trace.links
    base = _row_base(trace, table)
    source, target = columns.numbers(table, "from_span") + base, columns.numbers(table, "to_span") + base
    delay = columns.ints(table, "delay_ns")
    delay = np.where(delay == NULL, 0, delay)
    sent = columns.numbers(table, "from_mark") != NONE
    delay = delay + np.where(sent, 0, length[source])
    level, count = levels(source, target, len(start))
    sound = (level[source] >= 0) & (level[target] >= 0)
    start = start.copy()
    start[target[sound]] = start[first[target[sound]]]
    for step in range(1, count + 1):
        edges = np.flatnonzero(sound & (level[target] == step))
        np.maximum.at(start, target[edges], start[source[edges]] + delay[edges])
    return start


def _held(parent: Ints, leaf: Bools, start: Ints, end: Ints) -> tuple[Ints, Ints]:
    """What holds other spans reaches from the first of them to the last."""
    holds = ~leaf
    start[holds], end[holds] = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    inner = np.flatnonzero(parent != NONE)
    while True:
        before = start[holds].copy(), end[holds].copy()
        np.minimum.at(start, parent[inner], start[inner])
        np.maximum.at(end, parent[inner], end[inner])
        if (before[0] == start[holds]).all() and (before[1] == end[holds]).all():
            return start, end


def _marks(trace: Trace, start: Ints) -> pa.Table:
    """Marks at the start of what they are in: the sending of a request."""
    table = trace.marks
    if not table.num_rows:
        return table
    row = columns.numbers(table, "span") + _row_base(trace, table)
    return _with(table, "t_ns", pa.array(start[row], pa.int64()))


def _sessions(trace: Trace, first: Ints, start: Ints, end: Ints) -> pa.Table:
    roots = np.unique(first)
    table = trace.sessions
    for name, values in (("start_ns", start), ("end_ns", end)):
        table = _with(table, name, pa.array(values[roots], pa.int64()))
    return _with(table, "timed", pa.array([True] * table.num_rows))


def _first_rows(trace: Trace) -> Ints:
    """Of each span the row of its session's first one; rows stand together by session."""
    number = columns.numbers(trace.spans, "span")
    return np.maximum.accumulate(np.where(number == 0, np.arange(len(number)), 0))


def _row_base(trace: Trace, table: pa.Table) -> Ints:
    """Of each row of a table the first row of its session among the spans."""
    roots = np.flatnonzero(columns.numbers(trace.spans, "span") == 0)
    names = trace.sessions.column("session").to_pylist()
    place = dict(zip(names, roots.tolist(), strict=True))
    return np.array([place[name] for name in table.column("session").to_pylist()], np.int64)


def _with(table: pa.Table, name: str, column: pa.Array[Any]) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(place), column)
