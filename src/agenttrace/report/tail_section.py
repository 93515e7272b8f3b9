"""The section about the tail: what the slow sessions have more of than those in the middle, and which to open."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from agenttrace.critical_path.tail.comparison import REST, Opened, Part, Tail, compare_tail
from agenttrace.report.cells import Cell, Column, Quoted, Section, Words
from agenttrace.units import format_count, format_duration, format_share, format_tokens

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis

_LEAST_SHARE = 0.01
_SHOWN = {"phase": "phase", "tool": "tool", "agent": "agent", "model": "model", "purpose": "purpose"}
_ORDINARY = {"turn", "main", REST}


def tail_sections(analysis: Analysis, top: int) -> tuple[Section, ...]:
    """Nothing for fewer sessions than have a tail, or where the slow ones are as fast as the others."""
    tail = compare_tail(analysis.sessions, analysis.parts)
    if tail is None or tail.difference_ns <= 0:
        return ()
    return (_divided(tail, top), _opened(tail.opened, top))


def _divided(tail: Tail, top: int) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for by, title in _SHOWN.items():
        parts = tail.by[by]
        chosen = parts if by == "phase" else [part for part in parts if part.name not in _ORDINARY][:top]
        rows += _rows(title, chosen, tail.difference_ns)
    columns = (
        *(Column("", "text"), Column("", "text"), Column("slow"), Column("middle")),
        *(Column("difference"), Column("share"), Column("95 % of it within")),
    )
    return Section("What the slow sessions have more of", columns, tuple(rows), tuple(_notes(tail)))


def _rows(title: str, parts: Iterable[Part], whole: int) -> list[tuple[Cell, ...]]:
    return [
        (
            Words(title, "faint"),
            Quoted(part.name),
            *(Words(format_duration(ns)) for ns in (part.slow_ns, part.middle_ns, part.delta_ns)),
            Words(format_share(part.delta_ns, whole)),
            Words(f"{format_duration(part.low_ns)} to {format_duration(part.high_ns)}", "faint"),
        )
        for part in parts
        if abs(part.delta_ns) >= _LEAST_SHARE * whole
    ]


def _notes(tail: Tail) -> list[str]:
    low, high = tail.middle_ns
    slowest = (
        f"active time of the slowest session: {format_duration(tail.slow_mean_ns)}"
        if tail.slow == 1
        else f"mean active time of the {format_count(tail.slow)} slowest, from {format_duration(tail.slow_from_ns)}: "
        f"{format_duration(tail.slow_mean_ns)}"
    )
    around = (
        f"of {format_count(tail.middle)} around the median, {format_duration(low)} to {format_duration(high)}: "
        f"{format_duration(tail.middle_mean_ns)}"
    )
    notes = [f"{slowest}; {around}"]
    more = [
        f"{name.replace('_', ' ')} {_mean(slow)} against {_mean(middle)}"
        for name, (slow, middle) in tail.counts.items()
        if slow is not None and middle is not None and slow > 1.1 * middle and not name.endswith("_ns")
    ]
    if more:
        notes.append(f"a slow session has on average: {', '.join(more)}")
    if not tail.enough:
        notes.append(f"{format_count(tail.sessions)} sessions are too few to speak of a p95 with confidence")
    return notes


def _mean(count: float) -> str:
    """Tokens by the thousand, and no more digits than say something."""
    return format_tokens(round(count)) if count >= _MANY else f"{count:.1f}".removesuffix(".0")


_MANY = 1000


def _opened(opened: Iterable[Opened], top: int) -> Section:
    rows = [
        (
            Quoted(one.session),
            Words(format_duration(one.active_ns)),
            Words(format_duration(one.wall_ns)),
            Quoted(one.name),
            Words(format_duration(one.beyond_ns)),
        )
        for one in list(opened)[:top]
    ]
    columns = (
        Column("session", "text"),
        Column("active"),
        Column("wall"),
        Column("has most of", "text"),
        Column("beyond the middle"),
    )
    return Section("Sessions to open", columns, tuple(rows))
