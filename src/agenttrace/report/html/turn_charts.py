"""Turn by turn: how the main agent's context grew and what the cache gave of it, and where each turn's time went."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from agenttrace.model.vocabulary import Phase
from agenttrace.report.cells import Cell, Column, Section, Words
from agenttrace.report.html.charts import Chart, Trace
from agenttrace.units import format_count, format_duration, format_share, format_tokens

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis

_MOST_TURNS = 600
_PATTERNS = {
    Phase.PREFILL: "/",
    Phase.TOOL: "-",
    Phase.QUEUE: ".",
    Phase.USER: "x",
    Phase.HARNESS: "|",
    Phase.BACKOFF: "+",
}
Row = dict[str, Any]


def turn_charts(analysis: Analysis, session: str, key: str) -> list[Chart]:
    """The charts of one session; none where fewer than two turns are told."""
    of_it = (pl.col("session") == session) & (pl.col("agent") == 0)
    turns = analysis.turns.filter(of_it).sort("start_ns", "turn").head(_MOST_TURNS).rows(named=True)
    if len(turns) < 2:
        return []
    compactions = analysis.compactions.filter(of_it).sort("start_ns").rows(named=True)
    charts = [_time_chart(turns, f"{key}-turns")]
    if any(turn["context"] is not None for turn in turns):
        charts.append(_context_chart(turns, compactions, f"{key}-context"))
    return charts


def _context_chart(turns: Sequence[Row], compactions: Sequence[Row], key: str) -> Chart:
    numbers = [turn["turn"] for turn in turns]
    traces: list[Trace] = [
        _line("context", numbers, [turn["context"] for turn in turns], "--accent"),
    ]
    if any(turn["cache_read"] is not None for turn in turns):
        cached = _line("from the cache", numbers, [turn["cache_read"] for turn in turns], "--area")
        traces.append({**cached, "fill": "tozeroy"})
    if compactions:
        traces.append(_compaction_marks(turns, compactions))
    return Chart(
        key,
        "Tokens that each turn of the main agent sent, and how many of them came from a cache",
        traces,
        {"xaxis": {"title": {"text": "turn"}}, "yaxis": {"title": {"text": "tokens"}}},
        _turn_table("Context and cache", turns, _context_columns(), _context_cells),
    )


def _line(name: str, x: Sequence[int], y: Sequence[int | None], color: str) -> Trace:
    return {"type": "scatter", "mode": "lines", "name": name, "x": list(x), "y": list(y), "color": color}


def _compaction_marks(turns: Sequence[Row], compactions: Sequence[Row]) -> Trace:
    """On the turn that a compaction follows: the last one that began before it."""
    at = [
        max((turn for turn in turns if turn["start_ns"] <= row["start_ns"]), key=_start, default=turns[0])
        for row in compactions
    ]
    marker = {"symbol": "triangle-down", "size": 12}
    told = {"x": [turn["turn"] for turn in at], "y": [turn["context"] or 0 for turn in at]}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "compaction",
        **told,
        "color": "--error",
        "marker": marker,
    }


def _start(turn: Row) -> int:
    start: int = turn["start_ns"]
    return start


def _time_chart(turns: Sequence[Row], key: str) -> Chart:
    numbers = [turn["turn"] for turn in turns]
    traces: list[Trace] = [
        {
            "type": "bar",
            "name": phase.value,
            "x": numbers,
            "y": [turn[f"phase_{phase.value}_ns"] / 1e9 for turn in turns],
            "phase": place,
            "pattern": _PATTERNS.get(phase, ""),
        }
        for place, phase in enumerate(Phase)
        if any(turn[f"phase_{phase.value}_ns"] for turn in turns)
    ]
    return Chart(
        key,
        "What the session waited for in each turn of the main agent, along the critical path",
        traces,
        {
            "barmode": "stack",
            "bargap": 0.12,
            "xaxis": {"title": {"text": "turn"}},
            "yaxis": {"title": {"text": "seconds"}},
        },
        _turn_table("Turns", turns, _time_columns(), _time_cells),
    )


def _turn_table(
    title: str, turns: Sequence[Row], columns: tuple[Column, ...], cells: Callable[[Row], tuple[Cell, ...]]
) -> Section:
    return Section(title, columns, tuple(cells(turn) for turn in turns))


def _time_columns() -> tuple[Column, ...]:
    return Column("turn"), Column("took"), Column("mostly", "text")


def _time_cells(turn: Row) -> tuple[Cell, ...]:
    phases = sorted(((turn[f"phase_{phase.value}_ns"], phase.value) for phase in Phase), reverse=True)[:3]
    mostly = ", ".join(f"{name} {format_duration(ns)}" for ns, name in phases if ns)
    return Words(format_count(turn["turn"])), Words(format_duration(turn["wall_ns"])), Words(mostly)


def _context_columns() -> tuple[Column, ...]:
    return Column("turn"), Column("context"), Column("from the cache"), Column("share"), Column("written")


def _context_cells(turn: Row) -> tuple[Cell, ...]:
    cached, sent = turn["cache_read"], turn["context"]
    share = format_share(cached, sent) if sent and cached is not None else "–"
    return (
        Words(format_count(turn["turn"])),
        Words(format_tokens(sent)),
        Words(format_tokens(cached)),
        Words(share),
        Words(format_tokens(turn["output"])),
    )
