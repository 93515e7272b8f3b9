"""Sessions by phase: a table whose cells are the darker the more of the time a phase takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agenttrace.report.html.escape import text
from agenttrace.report.html.fleet import tenths
from agenttrace.units import format_count, format_duration

if TYPE_CHECKING:
    import polars as pl

_TITLE = "Sessions by phase, from the fastest to the slowest"
_DARKEST = 0.45
"""How dark the cell of a phase is that takes all of the time: its text has to be read on it, in both themes."""


def heat_html(sessions: pl.DataFrame) -> str:
    """From the fastest sessions to the slowest, in up to ten parts."""
    phases, rows = tenths(sessions)
    heading = "".join(
        f'<th scope="col" class="number"><span class="swatch p-{phase.value}"></span>{phase.value}</th>'
        for phase in phases
    )
    body = "".join(
        f'<tr><th scope="row">{text(name)}</th><td class="number plain">{format_count(count)}</td>'
        f'<td class="number plain">{format_duration(active)}</td>{"".join(_cell(share) for share in shares)}</tr>\n'
        for name, count, active, shares in rows
    )
    titles = ("n", "mean active")
    first = '<th scope="col">sessions</th>' + "".join(
        f'<th scope="col" class="number">{t}</th>' for t in titles
    )
    table = f'<table class="heat"><thead><tr>{first}{heading}</tr></thead><tbody>\n{body}</tbody></table>'
    return (
        f'<section id="heat">\n<h2>{_TITLE}</h2>\n'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{_TITLE}">{table}</div>\n'
        '<p class="note">shares of the active time</p>\n</section>\n'
    )


def _cell(share: float) -> str:
    return f'<td style="--share:{_DARKEST * share:.3f}">{100 * share:.0f} %</td>'
