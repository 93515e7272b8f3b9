"""Turns: how long each took, and what the session waited for in it."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from agenttrace.critical_path.arrays import NONE, Ints, order_by, running_last, sums
from agenttrace.critical_path.measures.chunk import PHASE_WORDS, Chunk


def turn_table(chunk: Chunk) -> pl.DataFrame:
    """One row a turn of each agent, in order of session, agent, turn.

    A turn runs from its first request (a failed attempt counts) to its agent's next turn, or to the end
    of the agent's lane. In the main agent's turns the phases are those of the whole path, so they sum to
    the turn's wall time; in a subagent's they are what of the path lies in its own spans.
    """
    turns = _bounds(chunk)
    names = chunk.agents.select("session", "agent", agent_name="called")
    columns = [f"phase_{word}_ns" for word in PHASE_WORDS.categories]
    phases = pl.DataFrame(_phases(chunk, turns), schema=dict.fromkeys(columns, pl.Int64), orient="row")
    return (
        pl.concat([turns, phases], how="horizontal")
        .join(names, on=["session", "agent"], how="left", maintain_order="left")
        .select(
            "session", "turn", "agent", "agent_name", "start_ns", "wall_ns", *columns,
            "input", "cache_read", "output", "context",
        )
    )  # fmt: skip


def _bounds(chunk: Chunk) -> pl.DataFrame:
    facts = (
        *("session", "agent", "turn", "span", "purpose", "start_ns", "graph_start"),
        *("input_tokens", "cache_read_tokens", "output_tokens"),
    )
    requests = chunk.spans.filter((pl.col("kind") == "request") & pl.col("turn").is_not_null()).select(facts)
    lanes = chunk.spans.group_by("session", "agent").agg(lane_end=pl.col("graph_end").max())
    sessions = chunk.spans.filter(pl.col("span") == 0).select("session", session_end="graph_end")
    answered = pl.col("purpose") == "turn"
    turns = (
        requests.sort("session", "agent", "turn", "start_ns", "span")
        .group_by("session", "agent", "turn", maintain_order=True)
        .agg(
            start_ns=pl.col("graph_start").min(),
            input=pl.col("input_tokens").filter(answered).last(),
            cache_read=pl.col("cache_read_tokens").filter(answered).last(),
            output=pl.col("output_tokens").filter(answered).last(),
        )
        .join(lanes, on=["session", "agent"], how="left", maintain_order="left")
        .join(sessions, on="session", how="left", maintain_order="left")
    )
    same_lane = (pl.col("session") == pl.col("session").shift(-1)) & (
        pl.col("agent") == pl.col("agent").shift(-1)
    )
    following = pl.when(same_lane).then(pl.col("start_ns").shift(-1))
    last = pl.when(pl.col("agent") == 0).then("session_end").otherwise("lane_end")
    end = pl.max_horizontal(pl.coalesce(following, last), "start_ns")
    return turns.with_columns(end_ns=end, wall_ns=end - pl.col("start_ns"), context=pl.col("input")).drop(
        "lane_end", "session_end"
    )


def _phases(chunk: Chunk, turns: pl.DataFrame) -> NDArray[np.int64]:
    """Of each turn (a row) the path in it by phase (a column)."""
    segments = chunk.segments
    phase = segments.get_column("phase").to_physical().to_numpy().astype(np.int64)
    found = _owned_phases(chunk, turns, phase)
    main = np.flatnonzero(turns.get_column("agent").to_numpy() == 0)
    session = turns.get_column("session").to_numpy()[main]
    start, end = (turns.get_column(name).to_numpy()[main] for name in ("start_ns", "end_ns"))
    found[main] = _passed(segments, phase, session, end) - _passed(segments, phase, session, start)
    return found


def _passed(segments: pl.DataFrame, phase: Ints, session: Ints, t: Ints) -> NDArray[np.int64]:
    """The path of a session up to an instant of it, by phase, and those before it: for differences."""
    owner, begins = segments.get_column("session").to_numpy(), segments.get_column("start_ns").to_numpy()
    if not len(owner):
        return np.zeros((len(t), len(PHASE_WORDS.categories)), np.int64)
    lengths = np.zeros((len(owner) + 1, len(PHASE_WORDS.categories)), np.int64)
    lengths[np.arange(1, len(owner) + 1), phase] = segments.get_column("length").to_numpy()
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


def _owned_phases(chunk: Chunk, turns: pl.DataFrame, phase: Ints) -> NDArray[np.int64]:
    """What of the path lies in the spans of each turn of a subagent."""
    lane = ["session", "agent", "turn"]
    numbered = turns.select(*lane, place=pl.int_range(pl.len(), dtype=pl.Int64))
    spans = chunk.spans.select(*lane).join(numbered, on=lane, how="left", maintain_order="left")
    place = spans.select(pl.when(pl.col("agent") != 0).then("place").fill_null(NONE)).to_series().to_numpy()
    of_segment = place[chunk.segments.get_column("row").to_numpy()]
    owned = np.flatnonzero(of_segment != NONE)
    count = len(PHASE_WORDS.categories)
    length = chunk.segments.get_column("length").to_numpy()[owned]
    return sums(length, of_segment[owned] * count + phase[owned], turns.height * count).reshape(-1, count)


def compaction_table(chunk: Chunk) -> pl.DataFrame:
    """The compactions, in order of session and time, with the context before and after."""
    spans = chunk.spans
    around = spans.get_column("kind").gather(spans.get_column("parent_row"))
    request = (pl.col("kind") == "request") & (pl.col("purpose") == "compaction")
    found = spans.filter((pl.col("kind") == "compaction") | (request & (around != "compaction")))
    return found.sort("session", "start_ns", "span").select(
        "session", "turn", "agent", "start_ns",
        wall_ns=pl.col("graph_end") - pl.col("graph_start"),
        tokens_before="tokens_before", tokens_after="tokens_after",
    )  # fmt: skip
