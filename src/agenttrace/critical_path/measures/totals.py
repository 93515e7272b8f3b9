"""One row a session: wall time, its three partitions, busy time, counts, tokens, context."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import numpy as np
import polars as pl
import pyarrow as pa

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import NULL, Bools, Codes, Ints, run_starts, sums, within_groups
from agenttrace.critical_path.measures.busy import Busy
from agenttrace.critical_path.measures.chunk import Chunk
from agenttrace.critical_path.measures.parallel import most_at_once
from agenttrace.critical_path.measures.serving import serving_of_sessions
from agenttrace.critical_path.slowness import IDLE
from agenttrace.critical_path.spans import EVIDENCE, PHASES, PURPOSE, PURPOSES
from agenttrace.model.vocabulary import Purpose, SpanKind, Status

_TOKENS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
_Columns: TypeAlias = dict[str, Ints | pl.Series]


def session_totals(chunk: Chunk, busy: Busy, levels: pl.DataFrame, answered: pl.DataFrame) -> pl.DataFrame:
    """The wide frame of sessions, in the order of the trace. Token sums are null where nothing is known."""
    count, segments, graph = len(chunk.names), chunk.path, chunk.graph
    session, length = segments.session, segments.length
    own = graph.spans.first
    wall = graph.forest.end[own] - graph.forest.start[own]
    path = _partition("path", session, length, segments.phase, PHASES, count)
    totals: _Columns = {
        "session": np.arange(count),
        "wall_ns": wall,
        **path,
        **_partition("purpose", session, length, segments.purpose, PURPOSES, count),
        **_partition("evidence", session, length, segments.evidence, EVIDENCE, count),
        **_partition("busy", graph.spans.session[busy.row], busy.ns, busy.phase, PHASES, count),
        "inferred_path_ns": sums(length[segments.inferred], session[segments.inferred], count),
        **_counts(chunk),
        **_context(chunk),
    }
    frame = pl.DataFrame(totals)
    for measured in (serving_of_sessions(answered), most_at_once(levels)):
        frame = frame.join(measured, on="session", how="left", maintain_order="left")
    active = wall - sum(path[f"path_{phase.value}_ns"] for phase in IDLE)
    return frame.with_columns(pl.col("max_parallel").fill_null(0), active_ns=pl.Series(active))


def _partition(
    prefix: str, session: Ints, length: Ints, codes: Codes, words: tuple[StrEnum, ...], count: int
) -> dict[str, Ints]:
    """Sums of `length` for each word, a column each."""
    table = sums(length, session * len(words) + codes, count * len(words)).reshape(count, len(words))
    return {f"{prefix}_{word.value}_ns": of for word, of in zip(words, table.T.copy(), strict=True)}


def _counts(chunk: Chunk) -> _Columns:
    spans, table, size = chunk.graph.spans, chunk.table, len(chunk.names)
    request, tool, summary = map(spans.is_kind, (SpanKind.REQUEST, SpanKind.TOOL, SpanKind.COMPACTION))
    main = spans.agent == 0
    purpose = {word: spans.purpose == PURPOSE[word] for word in (Purpose.TURN, Purpose.COMPACTION)}
    failed_attempt = spans.purpose == PURPOSE[Purpose.FAILED_ATTEMPT]
    inside = summary[chunk.graph.forest.parent]
    failed = columns.codes(table, "status", Status) == list(Status).index(Status.ERROR)
    subagents = chunk.agents.filter(pl.col("agent") != 0).get_column("session").to_numpy()
    told = {
        "requests": request,
        "main_requests": request & main,
        "main_turns": request & main & purpose[Purpose.TURN],
        "subagent_requests": request & ~main,
        "tool_calls": tool,
        "compactions": summary | (request & purpose[Purpose.COMPACTION] & ~inside),
        "retries": request & (columns.numbers(table, "attempt") > 1),
        "errors": (request | tool | failed_attempt) & failed,
    }
    requests = np.flatnonzero(request)
    return {
        **{
            name: np.bincount(spans.session[of], minlength=size).astype(np.uint32)
            for name, of in told.items()
        },
        **{
            name: _known_sum(columns.ints(table, name)[requests], spans.session[requests], size)
            for name in _TOKENS
        },
        "subagents": np.bincount(subagents, minlength=size).astype(np.uint32),
    }


def _known_sum(values: Ints, session: Ints, size: int) -> pl.Series:
    known = values != NULL
    total = sums(values[known], session[known], size)
    return _where(total, np.bincount(session[known], minlength=size) > 0)


def _where(values: Ints, known: Bools) -> pl.Series:
    """The values, null where they are not known."""
    series: pl.Series = pl.Series(pa.array(values, mask=~known))
    return series


def _context(chunk: Chunk) -> _Columns:
    """Input tokens of the main agent's first and last request, and of the largest."""
    spans = chunk.graph.spans
    tokens = columns.ints(chunk.table, "input_tokens")
    row = np.flatnonzero(spans.is_kind(SpanKind.REQUEST) & (spans.agent == 0) & (tokens != NULL))
    row = row[within_groups(spans.session[row], spans.start[row])]
    session, tokens = spans.session[row], tokens[row]
    first = np.flatnonzero(run_starts(session))
    at = session[first]
    known = np.zeros(len(chunk.names), np.bool_)
    known[at] = True
    found = np.zeros((3, len(known)), np.int64)
    if len(first):
        last = np.append(first[1:], len(session)) - 1
        found[:, at] = tokens[first], np.maximum.reduceat(tokens, first), tokens[last]
    names = ("context_first", "context_max", "context_last")
    return {name: _where(values, known) for name, values in zip(names, found, strict=True)}
