"""Turns: how long each took, and what the session waited for in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from agenttrace.critical_path import columns
from agenttrace.critical_path.arrays import (
    NONE,
    NULL,
    Ints,
    order_by,
    packed,
    run_starts,
    running_last,
    sorting,
    sums,
    within_groups,
)
from agenttrace.critical_path.measures.chunk import Chunk, known
from agenttrace.critical_path.segments import Segments
from agenttrace.critical_path.spans import PHASES, PURPOSE
from agenttrace.model.frames import texts
from agenttrace.model.vocabulary import Purpose, SpanKind


@dataclass(frozen=True, slots=True, eq=False)
class _Turns:
    """Turns by session, agent and number. `last`: the span of the last answered request, NONE where there is none.

    `key` says for every span which turn of which agent it belongs to; `keys` are those of the turns, and rise.
    """

    session: Ints
    agent: Ints
    number: Ints
    start: Ints
    end: Ints
    last: Ints
    key: Ints
    keys: Ints


def turn_table(chunk: Chunk) -> pl.DataFrame:
    """One row a turn of each agent, in order of session, agent, turn.

    A turn runs from its first request (a failed attempt counts) to its agent's next turn, or to the end
    of the agent's lane. In the main agent's turns the phases are those of the whole path, so they sum to
    the turn's wall time; in a subagent's they are what of the path lies in its own spans.
    """
    turns = _turns(chunk)
    lanes = chunk.lanes(turns.session, turns.agent)
    phases = dict(zip(PHASES, _phases(chunk.path, turns, chunk.graph.spans.agent).T.copy(), strict=True))
    tokens = {
        name: _of_last(chunk.table, f"{name}_tokens", turns.last)
        for name in ("input", "cache_read", "output")
    }
    return pl.DataFrame(
        {
            "session": turns.session,
            "turn": turns.number.astype(np.int32),
            "agent": turns.agent.astype(np.int32),
            "agent_name": texts(chunk.agents.get_column("called").to_list(), lanes),
            "start_ns": turns.start,
            "wall_ns": turns.end - turns.start,
            **{f"phase_{phase.value}_ns": spent for phase, spent in phases.items()},
            **tokens,
            "context": tokens["input"],
        }
    )


def _of_last(table: pa.Table, name: str, rows: Ints) -> pl.Series:
    values = np.append(columns.ints(table, name), NULL)[rows]
    return known(values, values != NULL)


def _turns(chunk: Chunk) -> _Turns:
    spans, forest = chunk.graph.spans, chunk.graph.forest
    number = columns.numbers(chunk.table, "turn")
    lane, key = packed(spans.session, spans.agent), packed(spans.session, spans.agent, number + 1)
    row = np.flatnonzero(spans.is_kind(SpanKind.REQUEST) & (number != NONE))
    row = row[sorting(key[row])]
    first = np.flatnonzero(run_starts(key[row]))
    one = row[first]
    if not len(first):
        return _Turns(first, first, first, first, first, first, key, first)
    start = np.minimum.reduceat(forest.start[row], first)
    last = _last_answered(chunk, row, first)
    end = np.where(
        spans.agent[one] == 0, forest.end[spans.first[spans.session[one]]], _lane_ends(lane, forest.end)[one]
    )
    goes_on = np.flatnonzero(lane[one[1:]] == lane[one[:-1]])
    end[goes_on] = start[goes_on + 1]
    return _Turns(
        spans.session[one], spans.agent[one], number[one], start, np.maximum(end, start), last, key, key[one]
    )


def _lane_ends(lane: Ints, end: Ints) -> Ints:
    """Of each span when the last one of its lane ends."""
    found = np.empty(len(lane), np.int64)
    order = sorting(lane)
    first = np.flatnonzero(run_starts(lane[order]))
    width = np.diff(np.append(first, len(lane)))
    found[order] = np.repeat(np.maximum.reduceat(end[order], first), width)
    return found


def _last_answered(chunk: Chunk, row: Ints, first: Ints) -> Ints:
    """Of requests by turn (from `first` on each) the last one of each turn that is no failed attempt or the like."""
    spans = chunk.graph.spans
    turn = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(row))))
    row = row[within_groups(turn, spans.start[row])]
    answered = spans.purpose[row] == PURPOSE[Purpose.TURN]
    place = np.maximum.reduceat(np.where(answered, np.arange(len(row)), NONE), first)
    return np.where(place == NONE, NONE, row[place])


def _phases(path: Segments, turns: _Turns, agent: Ints) -> NDArray[np.int64]:
    """Of each turn (a row) the path in it by phase (a column)."""
    count = len(turns.session)
    at = np.flatnonzero(agent[path.span] != 0)
    key = turns.key[path.span[at]]
    place = np.searchsorted(turns.keys, key)
    owned = np.append(turns.keys, NONE)[place] == key
    at, place = at[owned], place[owned]
    cell = place * len(PHASES) + path.phase[at]
    found = sums(path.length[at], cell, count * len(PHASES)).reshape(count, len(PHASES))
    main = np.flatnonzero(turns.agent == 0)
    session = np.tile(turns.session[main], 2)
    until, before = np.split(_passed(path, session, np.concatenate([turns.end[main], turns.start[main]])), 2)
    found[main] = until - before
    return found


def _passed(path: Segments, session: Ints, t: Ints) -> NDArray[np.int64]:
    """The path of a session up to an instant of it, by phase, and those before it: for differences."""
    owner, begins, phase = path.session, path.start, path.phase.astype(np.int64)
    if not len(owner):
        return np.zeros((len(t), len(PHASES)), np.int64)
    lengths = np.zeros((len(owner) + 1, len(PHASES)), np.int64)
    lengths[np.arange(1, len(owner) + 1), phase] = path.length
    before = np.cumsum(lengths, axis=0)
    asked = np.repeat(np.array([0, 1]), [len(owner), len(t)])
    order, _ = order_by(np.concatenate([owner, session]), np.concatenate([begins, t]), asked)
    last = running_last(asked[order] == 0)
    at = np.zeros(len(order), np.int64)
    at[order[last != NONE]] = order[last[last != NONE]]
    at = at[len(owner) :]
    found = before[at]
    inside = np.flatnonzero(owner[at] == session)
    found[inside, phase[at[inside]]] += t[inside] - begins[at[inside]]
    return found


def compaction_table(chunk: Chunk) -> pl.DataFrame:
    """The compactions, in order of session and time, with the context before and after."""
    spans, forest = chunk.graph.spans, chunk.graph.forest
    summary = spans.is_kind(SpanKind.COMPACTION)
    request = spans.is_kind(SpanKind.REQUEST) & (spans.purpose == PURPOSE[Purpose.COMPACTION])
    row = np.flatnonzero(summary | (request & ~summary[forest.parent]))
    row = row[within_groups(spans.session[row], spans.start[row])]
    facts = chunk.facts(row, "session", "turn", "agent", "start_ns", "tokens_before", "tokens_after")
    return facts.insert_column(4, pl.Series("wall_ns", forest.end[row] - forest.start[row]))
