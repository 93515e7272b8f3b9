"""The parts of a page about one session, and the part that each of several has of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from agenttrace.model.vocabulary import Phase
from agenttrace.report.cells import Section
from agenttrace.report.html.charts import Chart, chart_html
from agenttrace.report.html.sections import section_html, slug
from agenttrace.report.html.turn_charts import turn_charts
from agenttrace.report.html.waterfall import waterfall_html

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis
    from agenttrace.report.html.drawn_sessions import Drawn


_WIDE = ("Findings",)
_SHORT = {"Joins": "Joins", "Context": "Context", "Slowest": "Tools"}
"""Short titles for the contents, by the first word of the section's."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the page: where it can be gone to, under which title, its markup, and the charts in it."""

    key: str
    title: str
    html: str
    charts: tuple[Chart, ...] = ()


def one_session(analysis: Analysis, drawn: Sequence[Drawn], sections: Sequence[Section]) -> list[Part]:
    """Phases, waterfall, charts, then what else the outline has."""
    session = analysis.sessions["session"][0]
    first, rest = split_sections(sections)
    charts = tuple(turn_charts(analysis, session, "session"))
    return [
        Part("time", "Time", side_by_side(first)),
        Part("waterfall-part", "Waterfall", _waterfall(analysis, drawn)),
        Part("turns", "Turns" if charts else "", chart_columns(charts, "turns"), charts),
        *rest_parts(rest),
    ]


def split_sections(sections: Sequence[Section]) -> tuple[list[Section], list[Section]]:
    """What the time went to, and the rest: the outline begins with phases and purposes."""
    is_first = [place == 0 or section.title == "What it was for" for place, section in enumerate(sections)]
    first = [section for section, early in zip(sections, is_first, strict=True) if early]
    return first, [section for section, early in zip(sections, is_first, strict=True) if not early]


def rest_parts(sections: Sequence[Section], linked: Collection[str] = ()) -> list[Part]:
    """Sections in columns, but for those whose text needs all the width, in their order."""
    parts: list[Part] = []
    for section in sections:
        html = section_html(section, key=slug(section.title), linked=linked)
        parts.append(Part(slug(section.title), _short(section.title), html))
    return _in_columns(parts, [section.title in _WIDE for section in sections])


def _in_columns(parts: Sequence[Part], wide: Sequence[bool]) -> list[Part]:
    """Neighbours that are not wide share a box with columns: the first opens it, the last closes it."""
    placed: list[Part] = []
    for is_wide, group in groupby(zip(parts, wide, strict=True), key=lambda pair: pair[1]):
        members = [part for part, _ in group]
        if not is_wide:
            members[0] = replace(members[0], html=f'<div class="flow">\n{members[0].html}')
            members[-1] = replace(members[-1], html=f"{members[-1].html}</div>\n")
        placed += members
    return placed


def _short(title: str) -> str:
    """What stands in the contents of the page."""
    return _SHORT.get(title.split(maxsplit=1)[0], title)


def side_by_side(sections: Sequence[Section], key: str | None = "time") -> str:
    """Sections in as many columns as there is room for."""
    anchor = f' id="{key}"' if key else ""
    return f'<div{anchor} class="columns">\n{"".join(section_html(section) for section in sections)}</div>\n'


def chart_columns(charts: Sequence[Chart], key: str) -> str:
    """Charts beside each other."""
    if not charts:
        return ""
    return (
        f'<section id="{key}" class="columns">\n{"".join(chart_html(chart) for chart in charts)}</section>\n'
    )


def used_phases(analysis: Analysis) -> list[Phase]:
    """The phases that somebody was busy with, or waited in."""
    sessions = analysis.sessions
    return [
        phase
        for phase in Phase
        if sessions[f"path_{phase.value}_ns"].sum() or sessions[f"busy_{phase.value}_ns"].sum()
    ]


def _waterfall(analysis: Analysis, drawn: Sequence[Drawn]) -> str:
    if not drawn:
        return ""
    return f'<div id="waterfall-part">\n{waterfall_html(drawn, used_phases(analysis))}{drawn[0].path_table}</div>\n'
