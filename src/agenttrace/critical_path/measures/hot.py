"""Where the path spends its time: the heaviest spans, those that nearly are on it, and tools by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import Ints, run_starts, sorting, sums, within_groups
from agenttrace.critical_path.measures.busy import Busy
from agenttrace.critical_path.measures.chunk import Chunk
from agenttrace.critical_path.spans import KINDS, PHASE, PHASES
from agenttrace.model.frames import texts
from agenttrace.model.vocabulary import Phase, SpanKind

TOP_SPANS = 1000
NEAR_SPANS = 20
_WORK = (SpanKind.REQUEST, SpanKind.TOOL, SpanKind.AGENT, SpanKind.COMPACTION, SpanKind.USER_WAIT)


def top_spans(chunk: Chunk, limit: int = TOP_SPANS) -> pl.DataFrame:
    """The spans of each session with the most time on the path, at most `limit` each, heaviest first."""
    path = chunk.path
    key = path.span * len(PHASES) + path.phase
    order = sorting(key)
    first = np.flatnonzero(run_starts(key[order]))
    length = np.add.reduceat(path.length[order], first) if len(first) else first
    row, phase = path.span[order[first]], path.phase[order[first]]
    longest = within_groups(row, -length)
    one = np.flatnonzero(run_starts(row))
    row, phase = row[one], phase[longest[one]]
    critical = np.add.reduceat(length, one) if len(one) else one
    session = chunk.graph.spans.session[row]
    at = _first_of_each(session, within_groups(session, -critical), limit)
    return _told(chunk, row[at]).hstack(
        [
            texts([word.value for word in PHASES], phase[at]).alias("phase"),
            pl.Series("critical_ns", critical[at]),
            *chunk.facts(row[at], "drag_ns", "slack_ns"),
        ]
    )


def near_spans(chunk: Chunk, limit: int = NEAR_SPANS) -> pl.DataFrame:
    """The spans of each session with the least slack that is more than none, at most `limit` each.

    Of what lies inside one another with the same slack only the outermost is told; `length_ns` is its own.
    """
    forest, margins, spans = chunk.graph.forest, chunk.margins, chunk.graph.spans
    length, slack = forest.end - forest.start, margins.slack
    inside = slack == slack[forest.parent]
    near = spans.is_kind(*_WORK) & margins.awaited & (slack > 0) & (length > 0) & ~inside
    row = np.flatnonzero(near)
    session = spans.session[row]
    by_length = within_groups(session, -length[row])
    by_slack = by_length[within_groups(session[by_length], slack[row[by_length]])]
    at = row[_first_of_each(session, by_slack, limit)]
    told = _told(chunk, at).hstack(chunk.facts(at, "agent"))
    return told.hstack([pl.Series("length_ns", length[at]), pl.Series("slack_ns", slack[at])])


def _first_of_each(session: Ints, order: Ints, limit: int) -> Ints:
    """An order by session as far as the first `limit` of each."""
    first = np.flatnonzero(run_starts(session[order]))
    place = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
    found: Ints = order[place < limit]
    return found


def _told(chunk: Chunk, rows: Ints) -> pl.DataFrame:
    """What lists say of these spans: session, span, name, kind."""
    name, names = columns.dictionary(chunk.table, "name")
    return chunk.facts(rows, "session", "span").hstack(
        [
            texts(names, name[rows]).alias("name"),
            texts([kind.value for kind in KINDS], chunk.graph.spans.kind[rows]).alias("kind"),
        ]
    )


def tool_table(chunk: Chunk, busy: Busy) -> pl.DataFrame:
    """Tools by name: calls, own time of all calls, and own time on the path; the heaviest first.

    What else is in the phase of tools on the path counts as one: a command that runs in the background.

    `sessions` is 1 where a tool is on the path of its session: rows of many sessions can be added up.
    """
    spans, path = chunk.graph.spans, chunk.path
    counted = spans.is_kind(SpanKind.TOOL)
    counted[path.span[path.phase == PHASE[Phase.TOOL]]] = True
    rows = np.flatnonzero(counted)
    index, names = columns.dictionary(chunk.table, "name")
    key = spans.session[rows] * (len(names) + 1) + index[rows] + 1
    order = sorting(key)
    first = np.flatnonzero(run_starts(key[order]))
    size = len(spans)
    spent = {"busy_ns": sums(busy.ns, busy.row, size), "critical_ns": sums(path.length, path.span, size)}
    one = rows[order[first]]
    told: dict[str, Any] = {
        "session": spans.session[one],
        "name": texts(names, index[one]),
        "calls": np.diff(np.append(first, len(rows))),
        **{
            name: np.add.reduceat(of[rows[order]], first) if len(first) else first
            for name, of in spent.items()
        },
    }
    told["sessions"] = (told["critical_ns"] > 0).astype(np.int64)
    return pl.DataFrame(told).sort(
        "session", "critical_ns", "busy_ns", "name", descending=[False, True, True, False]
    )
