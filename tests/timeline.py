"""Timelines as drawings that run: a test draws a session, and the path is drawn back into it.

Indentation is parentage and a column is a millisecond. `=` is running, `#` running and critical; a request
may show its phases instead, `n` network, `m` model, `q` queue, `p` prefill, `d` decode, capital where
critical. After the bar stand notes:

    after a b       starts after a and b have ended: stated links (`feeds`)
    guess a         the same, inferred
    joins a         what a background agent found is used here
    retries a       another attempt at a
    spawned a       started by a
    mark a@5        starts after the instant 5 of a, a mark there
    background      its parent does not wait for it
    lane 2          belongs to agent 2; what is inside an agent's span does by itself
    purpose x, phase x, start x, end x        purpose, own phase, evidence of the two ends
    first 3, queue 1, prefill 2, decode 4     what a request knows, in ms (first: a column)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from agenttrace.critical_path.graph import build_graph
from agenttrace.critical_path.path import find_critical_path
from agenttrace.critical_path.segments import path_segments, segment_table
from agenttrace.model.schema import TRACE_TABLES, Table
from agenttrace.model.trace import Trace
from agenttrace.model.vocabulary import Evidence, LinkKind, MarkKind, Phase, Purpose, SpanKind

MS = 1_000_000
Row = dict[str, Any]

_KINDS = {kind.value: kind for kind in SpanKind} | {"user": SpanKind.USER_WAIT}
_LETTERS = {"n": "network", "m": "model", "q": "queue", "p": "prefill", "d": "decode"}
_SPAN = {
    "purpose": Purpose.TURN.value,
    "start_evidence": Evidence.MEASURED.value,
    "end_evidence": Evidence.MEASURED.value,
    "blocking": True,
    "agent": 0,
    "source": 0,
}
_LINK = {"kind": LinkKind.FEEDS.value, "explicit": True}
_MARK = {"kind": MarkKind.TOOL_CALL.value, "evidence": Evidence.MEASURED.value}
_AGENT = {"depth": 0, "background": False, "span": 0}


def trace_of(
    spans: Iterable[Mapping[str, Any]],
    links: Iterable[Mapping[str, Any]] = (),
    marks: Iterable[Mapping[str, Any]] = (),
    agents: Iterable[Mapping[str, Any]] = (),
) -> Trace:
    """A trace of these rows, which name their session (`s` if they do not); what is left out is a default."""
    rows = {
        "spans": _filled(spans, _SPAN),
        "links": _filled(links, _LINK),
        "marks": _filled(marks, _MARK),
        "agents": _filled(agents, _AGENT),
    }
    rows["sessions"] = [
        {
            "session": row["session"],
            "format": "spans-jsonl",
            "sources": [0],
            "start_ns": row["start_ns"],
            "end_ns": row["end_ns"],
            "detached_ns": 0,
            "truncated": False,
        }
        for row in rows["spans"]
        if row["span"] == 0
    ]
    return Trace(**{table.name: table_of(table, rows.get(table.name, [])) for table in TRACE_TABLES})


def table_of(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """These rows as a declared table; what a row leaves out is null."""
    arrays = []
    for column in table.columns:
        values = [row.get(column.name) for row in rows]
        if pa.types.is_dictionary(column.type):
            arrays.append(pa.array(values, pa.string()).dictionary_encode().cast(column.type))
        else:
            arrays.append(pa.array(values, column.type))
    return pa.table(arrays, schema=table.arrow)


def _filled(rows: Iterable[Mapping[str, Any]], defaults: Mapping[str, Any]) -> list[Row]:
    return [{"session": "s"} | dict(defaults) | dict(row) for row in rows]
