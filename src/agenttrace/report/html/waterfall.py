"""The place of the waterfall in the page: its tools, the legend, the choice among sessions, the path as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agenttrace.model.vocabulary import Phase
from agenttrace.report.escaping import clipped
from agenttrace.report.html.assets import template
from agenttrace.report.html.escape import text
from agenttrace.units import format_count, format_duration

if TYPE_CHECKING:
    from agenttrace.report.html.drawn_sessions import Drawn

_ID_LIMIT = 100


def waterfall_html(drawn: Sequence[Drawn], phases: Sequence[Phase], which: str = "slowest") -> str:
    """Hidden until the page's program draws it; `phases` are those of the legend, `which` sessions are drawn."""
    swatches = "".join(
        f'<li><span class="swatch p-{phase.value}"></span>{phase.value}</li>' for phase in phases
    )
    line = '<li><span class="line"></span>critical path; what is not on it is pale</li>'
    note = _left_out(drawn)
    return template("waterfall").substitute(picker=_picker(drawn, which) + note, legend=line + swatches)


def _picker(drawn: Sequence[Drawn], which: str) -> str:
    if len(drawn) == 1:
        return ""
    options = "".join(
        f'<option value="{text(one.session)}">{text(clipped(one.session, _ID_LIMIT))} '
        f"({format_duration(one.wall_ns)})</option>"
        for one in drawn
    )
    return (
        f'<p><label for="session-pick">Session</label> <select id="session-pick">{options}</select> '
        f'<span class="note">the {which} {len(drawn)} are embedded</span></p>'
    )


def _left_out(drawn: Sequence[Drawn]) -> str:
    short = [one for one in drawn if one.left_out]
    if not short:
        return ""
    spans = sum(one.left_out for one in short)
    of = f" of {len(short)} sessions" if len(drawn) > 1 else ""
    return f'<p class="note">{format_count(spans)} of the shortest spans off the critical path{of} are not drawn</p>'
