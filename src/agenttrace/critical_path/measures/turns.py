"""Turns: how long each took, and what the session waited for in it."""

from __future__ import annotations

import polars as pl

from agenttrace.critical_path.measures.chunk import PHASE_WORDS, Chunk


def turn_table(chunk: Chunk) -> pl.DataFrame:
    """One row a turn of each agent, in order of session, agent, turn.

    A turn runs from its first request (a failed attempt counts) to its agent's next turn, or to the end
    of the agent's lane. In the main agent's turns the phases are those of the whole path, so they sum to
    the turn's wall time; in a subagent's they are what of the path lies in its own spans.
    """
    turns = _bounds(chunk)
    main = turns.filter(pl.col("agent") == 0)
    own = _owned_phases(chunk, turns)
    phases = pl.concat([_window_phases(chunk.segments, main), own])
    filled = turns.join(phases, on=["session", "agent", "turn"], how="left", maintain_order="left")
    names = chunk.agents.select("session", "agent", agent_name="called")
    columns = [f"phase_{word}_ns" for word in PHASE_WORDS.categories]
    return (
        filled.with_columns(pl.col(columns).fill_null(0))
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
    following = pl.col("start_ns").shift(-1).over("session", "agent")
    last = pl.when(pl.col("agent") == 0).then("session_end").otherwise("lane_end")
    end = pl.max_horizontal(pl.coalesce(following, last), "start_ns")
    return turns.with_columns(end_ns=end, wall_ns=end - pl.col("start_ns"), context=pl.col("input")).drop(
        "lane_end", "session_end"
    )


def _window_phases(segments: pl.DataFrame, turns: pl.DataFrame) -> pl.DataFrame:
    """The path between the start and the end of each turn, by phase."""
    edges = pl.concat(
        [turns.select("session", "start_ns"), turns.select("session", start_ns="end_ns")]
    ).unique()
    cut = _cut_at(segments, edges)
    placed = cut.sort("start_ns").join_asof(
        turns.select("session", "agent", "turn", "start_ns", turn_end="end_ns").sort("start_ns"),
        on="start_ns",
        by="session",
        strategy="backward",
        check_sortedness=False,
    )
    inside = placed.filter(pl.col("start_ns") < pl.col("turn_end"))
    return _by_phase(inside)


def _cut_at(segments: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """The segments, none of which crosses one of the edges of its session."""
    points = pl.concat([segments.select("session", "start_ns"), edges]).unique().sort("session", "start_ns")
    last = segments.group_by("session").agg(pl.col("end_ns").max().alias("until"))
    pieces = points.join(last, on="session").with_columns(
        end_ns=pl.coalesce(pl.col("start_ns").shift(-1).over("session"), "until")
    )
    covered = pieces.filter(pl.col("end_ns") > pl.col("start_ns")).sort("start_ns")
    owner = segments.select("session", "phase", start_ns="start_ns", segment_end="end_ns").sort("start_ns")
    joined = covered.join_asof(
        owner, on="start_ns", by="session", strategy="backward", check_sortedness=False
    )
    return joined.filter(pl.col("start_ns") < pl.col("segment_end")).select(
        "session", "phase", "start_ns", length=pl.col("end_ns") - pl.col("start_ns")
    )


def _owned_phases(chunk: Chunk, turns: pl.DataFrame) -> pl.DataFrame:
    owners = chunk.spans.filter(pl.col("agent") != 0).select("row", "agent", "turn").drop_nulls("turn")
    known = turns.select("session", "agent", "turn")
    owned = chunk.segments.join(owners, on="row").join(known, on=["session", "agent", "turn"], how="semi")
    return _by_phase(owned)


def _by_phase(pieces: pl.DataFrame) -> pl.DataFrame:
    return (
        pieces.group_by("session", "agent", "turn")
        .agg(
            pl.col("length").filter(pl.col("phase") == word).sum().alias(f"phase_{word}_ns")
            for word in PHASE_WORDS.categories
        )
        .with_columns(pl.col("agent").cast(pl.Int32), pl.col("turn").cast(pl.Int32))
    )


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
