"""The table of all sessions: as data for the page's program, and its slowest rows for those who run none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from agenttrace.critical_path.slowness import slowest
from agenttrace.model.vocabulary import Phase
from agenttrace.report.cells import Column, Quoted, Section, Words
from agenttrace.report.escaping import printable
from agenttrace.report.html.sections import table_html
from agenttrace.units import format_count, format_duration, format_share

if TYPE_CHECKING:
    import polars as pl

_STATIC_ROWS = 50
_TITLE = "All sessions"


def session_rows(sessions: pl.DataFrame, embedded: Collection[str]) -> list[list[Any]]:
    """A row each, in the order that `assets/js/sessions_table.js` names; shares of phases in thousandths."""
    facts = sessions.select(
        "session", "wall_ns", "active_ns", "requests", "subagents", "tool_calls", "max_parallel"
    )
    shares = sessions.select(f"path_{phase.value}_ns" for phase in Phase)
    return [
        [
            printable(fact[0]),
            *fact[1:],
            int(fact[0] in embedded),
            [round(1000 * ns / fact[1]) if fact[1] else 0 for ns in share],
        ]
        for fact, share in zip(facts.iter_rows(), shares.iter_rows(), strict=True)
    ]


def session_table_html(sessions: pl.DataFrame, embedded: Collection[str]) -> str:
    """The section, with the tools that only the page's program can use hidden."""
    shown = slowest(sessions, _STATIC_ROWS)
    section = Section(
        _TITLE,
        (
            *(Column("session", "text"), Column("wall"), Column("active"), Column("requests")),
            *(Column("subagents"), Column("tool calls"), Column("at once"), Column("path", "text")),
        ),
        tuple(
            (
                Quoted(row["session"]),
                *(Words(format_duration(row[name])) for name in ("wall_ns", "active_ns")),
                *(
                    Words(format_count(row[name]))
                    for name in ("requests", "subagents", "tool_calls", "max_parallel")
                ),
                Words(_largest(row)),
            )
            for row in shown.iter_rows(named=True)
        ),
    )
    told = f"{format_count(shown.height)} of {format_count(sessions.height)} sessions, most active time first"
    return (
        f'<section id="sessions" class="long">\n<h2>{_TITLE}</h2>\n<div id="sessions-table">\n'
        '<div class="tools" hidden><input type="search" id="sessions-filter" placeholder="Filter by id or main phase" '
        'aria-label="Filter sessions by id or by the phase that most of their time went to"></div>\n'
        f"{table_html(section, linked=embedded)}"
        f'<p class="note" role="status">{told}</p>\n'
        '<button type="button" id="sessions-more" hidden>Show more</button>\n</div>\n</section>\n'
    )


def _largest(row: Mapping[str, Any]) -> str:
    phases = sorted(
        ((row[f"path_{phase.value}_ns"], phase.value) for phase in Phase), key=lambda pair: -pair[0]
    )[:3]
    return ", ".join(f"{name} {format_share(ns, row['wall_ns'])}" for ns, name in phases if ns)
