"""One row a session: wall time, its three partitions, busy time, counts, tokens, context."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import polars as pl
import pyarrow as pa

from agenttrace.critical_path.arrays import Bools, Ints, run_starts, sums
from agenttrace.critical_path.measures.chunk import EVIDENCE_WORDS, PHASE_WORDS, PURPOSE_WORDS, Chunk
from agenttrace.critical_path.measures.parallel import most_at_once
from agenttrace.critical_path.measures.serving import serving_of_sessions
from agenttrace.critical_path.slowness import IDLE

_TOKENS = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
_Columns: TypeAlias = dict[str, Ints | pl.Series]


def session_totals(
    chunk: Chunk, busy: pl.DataFrame, levels: pl.DataFrame, answered: pl.DataFrame
) -> pl.DataFrame:
    """The wide frame of sessions, in the order of the trace. Token sums are null where nothing is known."""
    count, segments = len(chunk.names), chunk.segments
    session, length = segments.get_column("session").to_numpy(), segments.get_column("length").to_numpy()
    owner = chunk.spans.get_column("session").to_numpy()[busy.get_column("row").to_numpy()]
    inferred = segments.get_column("inferred").to_numpy()
    wall = _wall(chunk.spans)
    path = _partition("path", session, length, segments.get_column("phase"), PHASE_WORDS, count)
    spent = _partition(
        "busy", owner, busy.get_column("busy_ns").to_numpy(), busy.get_column("phase"), PHASE_WORDS, count
    )
    totals: _Columns = {
        "session": np.arange(count),
        "wall_ns": wall,
        **path,
        **_partition("purpose", session, length, segments.get_column("purpose"), PURPOSE_WORDS, count),
        **_partition("evidence", session, length, segments.get_column("evidence"), EVIDENCE_WORDS, count),
        **spent,
        "inferred_path_ns": sums(length[inferred], session[inferred], count),
        **_counts(chunk),
        **_context(chunk),
    }
    frame = pl.DataFrame(totals)
    for measured in (serving_of_sessions(answered), most_at_once(levels)):
        frame = frame.join(measured, on="session", how="left", maintain_order="left")
    active = wall - sum(path[f"path_{phase.value}_ns"] for phase in IDLE)
    return frame.with_columns(pl.col("max_parallel").fill_null(0), active_ns=pl.Series(active))


def _wall(spans: pl.DataFrame) -> Ints:
    own = spans.filter(pl.col("span") == 0)
    wall: Ints = own.get_column("graph_end").to_numpy() - own.get_column("graph_start").to_numpy()
    return wall


def _partition(
    prefix: str, session: Ints, length: Ints, codes: pl.Series, words: pl.Enum, count: int
) -> dict[str, Ints]:
    """Sums of `length` for each word, a column each."""
    names = words.categories.to_list()
    cell = session * len(names) + codes.to_physical().to_numpy()
    table = sums(length, cell, count * len(names)).reshape(count, len(names)).T.copy()
    return {f"{prefix}_{name}_ns": table[place] for place, name in enumerate(names)}


def _counts(chunk: Chunk) -> _Columns:
    spans, size = chunk.spans, len(chunk.names)
    session = spans.get_column("session").to_numpy()
    kind, purpose = spans.get_column("kind"), spans.get_column("purpose")
    request, tool = _is(kind, "request"), _is(kind, "tool")
    main = spans.get_column("agent").to_numpy() == 0
    summary = _is(kind, "compaction")
    inside = summary[spans.get_column("parent_row").to_numpy()]
    again = (spans.get_column("attempt") > 1).fill_null(value=False).to_numpy()
    failed = (spans.get_column("status") == "error").fill_null(value=False).to_numpy()
    subagents = chunk.agents.filter(pl.col("agent") != 0).get_column("session").to_numpy()
    told = {
        "requests": request,
        "main_requests": request & main,
        "main_turns": request & main & _is(purpose, "turn"),
        "subagent_requests": request & ~main,
        "tool_calls": tool,
        "compactions": summary | (request & _is(purpose, "compaction") & ~inside),
        "retries": request & again,
        "errors": (request | tool | _is(purpose, "failed_attempt")) & failed,
    }
    return {
        **{name: np.bincount(session[of], minlength=size).astype(np.uint32) for name, of in told.items()},
        **{name: _known_sum(spans.get_column(name), request, session, size) for name in _TOKENS},
        "subagents": np.bincount(subagents, minlength=size).astype(np.uint32),
    }


def _is(words: pl.Series, word: str) -> Bools:
    found: Bools = (words == word).to_numpy()
    return found


def _known_sum(values: pl.Series, of: Bools, session: Ints, size: int) -> pl.Series:
    known = of & values.is_not_null().to_numpy()
    total = sums(values.fill_null(0).to_numpy()[known], session[known], size)
    return _where(total, np.bincount(session[known], minlength=size) > 0)


def _where(values: Ints, known: Bools) -> pl.Series:
    """The values, null where they are not known."""
    series: pl.Series = pl.Series(pa.array(values, mask=~known))
    return series


def _context(chunk: Chunk) -> _Columns:
    """Input tokens of the main agent's first and last request, and of the largest."""
    main = chunk.spans.filter(
        (pl.col("kind") == "request") & (pl.col("agent") == 0) & pl.col("input_tokens").is_not_null()
    )
    session, tokens = main.get_column("session").to_numpy(), main.get_column("input_tokens").to_numpy()
    order = np.lexsort((main.get_column("start_ns").to_numpy(), session))
    session, tokens = session[order], tokens[order]
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
