"""The parts of a page about many sessions: how they differ, what they have together, and those that can be opened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agenttrace.critical_path.summary import summarise
from agenttrace.critical_path.tail.comparison import compare_tail
from agenttrace.report.cells import Section
from agenttrace.report.escaping import clipped
from agenttrace.report.html.charts import Chart, chart_html
from agenttrace.report.html.escape import text, words
from agenttrace.report.html.fleet import aggregated_path, distribution, percentile_table, tail_chart
from agenttrace.report.html.heat import heat_html
from agenttrace.report.html.one import (
    Part,
    chart_columns,
    rest_parts,
    side_by_side,
    split_sections,
    used_phases,
)
from agenttrace.report.html.sections import section_html
from agenttrace.report.html.session_table import session_table_html
from agenttrace.report.html.turn_charts import turn_charts
from agenttrace.report.html.waterfall import waterfall_html
from agenttrace.report.outline import outline
from agenttrace.report.selection import select_sessions

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.report.html.drawn_sessions import Drawn

_SESSION_TOP = 8
_ID_LIMIT = 300
_TAIL = "What the slow sessions have more of"
_OWN = ("Slowest sessions", "Context of the main agent", "Over ")
"""Beginnings of titles of sections of the outline that the page has in a better form."""


def many_sessions(analysis: Analysis, drawn: Sequence[Drawn], sections: Sequence[Section]) -> list[Part]:
    """Percentiles, distribution, tail, heat, the table of sessions, the open session, then what else there is."""
    first, others = split_sections(sections)
    embedded = {one.session for one in drawn}
    rest = [section for section in others if not section.title.startswith((*_OWN, _TAIL))]
    charts = _fleet_charts(analysis, [section for section in others if section.title == _TAIL])
    percentiles = section_html(percentile_table(analysis, summarise(analysis)), key="percentiles")
    return [
        Part("percentiles", "Percentiles", percentiles),
        Part("time", "Time", side_by_side(first)),
        Part("distribution", "Distribution", chart_columns(charts, "distribution"), charts),
        Part("heat", "By phase", f'<div class="columns">\n{heat_html(analysis.sessions)}'),
        Part("added-up", "Added up", f"{section_html(aggregated_path(analysis), key='added-up')}</div>\n"),
        Part("sessions", "Sessions", session_table_html(analysis.sessions, embedded)),
        *_opened(analysis, drawn),
        *rest_parts(rest, embedded),
    ]


def _fleet_charts(analysis: Analysis, tail_table: Sequence[Section]) -> tuple[Chart, ...]:
    """How long sessions take, and, where some are slow, what makes them so."""
    tail = compare_tail(analysis.sessions, analysis.parts) if tail_table else None
    tails = (tail_chart(tail, tail_table[0]),) if tail else ()
    return distribution(analysis.sessions), *tails


def _opened(analysis: Analysis, drawn: Sequence[Drawn]) -> list[Part]:
    """The waterfall, and below it what there is to say of each embedded session; the program hides all but one."""
    if not drawn:
        return []
    parts: list[str] = []
    charts: list[Chart] = []
    for place, one in enumerate(drawn):
        found = tuple(turn_charts(analysis, one.session, f"session-{place}"))
        parts.append(_session(analysis, one, found))
        charts += found
    canvas = waterfall_html(drawn, used_phases(analysis))
    html = f'<div id="waterfall-part">\n{canvas}{"".join(parts)}</div>\n'
    return [Part("waterfall-part", "Waterfall", html, tuple(charts))]


def _session(analysis: Analysis, one: Drawn, charts: Sequence[Chart]) -> str:
    session = one.session
    own = select_sessions(analysis, [session])
    report = outline(own, top=_SESSION_TOP)
    shown = [section for section in report.sections if section.title != "Findings"]
    first, rest = split_sections(shown)
    figures = f'<div class="columns">\n{"".join(map(chart_html, charts))}</div>\n' if charts else ""
    return (
        f'<section class="session-part long" data-of-session="{text(session)}">\n'
        f'<h2>Session <span class="quoted">{text(clipped(session, _ID_LIMIT))}</span></h2>\n'
        f'<p>{words(report.answer)}</p>\n<p class="counts">{words(report.counts)}</p>\n'
        f"{one.path_table}{side_by_side(first, key=None)}{figures}"
        f"{side_by_side(rest, key=None)}</section>\n"
    )
