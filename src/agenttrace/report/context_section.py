"""The section about the context: how it grew turn by turn, where it was compacted, what the cache gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from agenttrace.critical_path.slowness import slowest
from agenttrace.report.cells import Cell, Column, Quoted, Section, Spark, Words
from agenttrace.report.work_sections import rest
from agenttrace.units import format_count, format_duration, format_share, format_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from agenttrace.critical_path.analysis import Analysis

Row = dict[str, Any]


def context_section(analysis: Analysis, top: int) -> Section | None:
    """Of one session, its growth and its cache hits; of many, a line for each of those that took longest."""
    known = analysis.turns.filter((pl.col("agent") == 0) & pl.col("context").is_not_null())
    if not known.height:
        return None
    shown = slowest(analysis.sessions, top)
    sessions = shown.rows(named=True)
    names = shown["session"].to_list()
    turns = _grouped(known.filter(pl.col("session").is_in(names)).sort("session", "start_ns", "turn"))
    compactions = _grouped(
        analysis.compactions.filter(pl.col("session").is_in(names) & (pl.col("agent") == 0)).sort(
            "session", "start_ns", "turn"
        )
    )
    if analysis.sessions.height == 1:
        return _one(sessions[0], turns[names[0]], compactions.get(names[0], []), top)
    told = [row for row in sessions if row["session"] in turns]
    return _many(told, turns, compactions, analysis.sessions.height)


def _grouped(frame: pl.DataFrame) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in frame.iter_rows(named=True):
        groups.setdefault(row["session"], []).append(row)
    return groups


def _one(session: Row, turns: Sequence[Row], compactions: Sequence[Row], top: int) -> Section:
    rows: list[tuple[Cell, ...]] = [
        (
            Words("context"),
            Words(format_tokens(turns[0]["context"])),
            _growth(turns, compactions),
            Words(format_tokens(turns[-1]["context"])),
            Words(f"max {format_tokens(session['context_max'])}"),
        )
    ]
    rates = [_rate(turn) for turn in turns]
    if any(rate is not None for rate in rates):
        rows.append(
            (
                Words("cache hits"),
                Words(_percent(rates[0])),
                Spark(tuple(rates), 1.0, keeps="lowest"),
                Words(_percent(rates[-1])),
                Words(f"all {_hit_share(session)}"),
            )
        )
    return Section(
        f"Context of the main agent over {format_count(len(turns))} turns",
        (Column("", "text"), Column("first"), Column("", "spark"), Column("last"), Column("")),
        tuple(rows),
        tuple(_compaction_words(row) for row in compactions[:top])
        + rest(len(compactions), min(len(compactions), top)),
    )


def _many(
    sessions: Sequence[Row],
    turns: Mapping[str, Sequence[Row]],
    compactions: Mapping[str, Sequence[Row]],
    total: int,
) -> Section | None:
    return Section(
        "Context of the main agent, in the slowest sessions"
        if len(sessions) < total
        else "Context of the main agent",
        (
            *(Column("session", "text"), Column("first"), Column("", "spark"), Column("last")),
            *(Column("max"), Column("compactions"), Column("cache hits")),
        ),
        tuple(
            (
                Quoted(row["session"]),
                Words(format_tokens(row["context_first"])),
                _growth(turns[row["session"]], compactions.get(row["session"], [])),
                Words(format_tokens(row["context_last"])),
                Words(format_tokens(row["context_max"])),
                Words(format_count(row["compactions"])),
                Words(_hit_share(row)),
            )
            for row in sessions
        ),
    )


def _growth(turns: Sequence[Row], compactions: Sequence[Row]) -> Spark:
    """The curve, with a mark where the first turn after each compaction stands."""
    values = tuple(float(turn["context"]) for turn in turns)
    starts = [turn["start_ns"] for turn in turns]
    marks = {
        next((place for place, start in enumerate(starts) if start >= row["start_ns"]), len(starts) - 1)
        for row in compactions
    }
    return Spark(values, max(values), tuple(sorted(marks)))


def _compaction_words(row: Row) -> str:
    before, after = (row[name] for name in ("tokens_before", "tokens_after"))
    from_ = "" if before is None else f" from {format_tokens(before)}"
    to = "" if after is None else f" to {format_tokens(after)}"
    sizes = f"{from_}{to} tokens" if from_ or to else ""
    return f"turn {format_count(row['turn'])}: compacted{sizes} in {format_duration(row['wall_ns'])}"


def _rate(turn: Row) -> float | None:
    return turn["cache_read"] / turn["input"] if turn["input"] and turn["cache_read"] is not None else None


def _percent(rate: float | None) -> str:
    return "–" if rate is None else format_share(rate, 1.0)


def _hit_share(session: Row) -> str:
    read, total = session["cache_read_tokens"], session["input_tokens"]
    return "–" if read is None or not total else format_share(read, total)
