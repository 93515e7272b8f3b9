"""The page put together: the answer first, then where it comes from, then one section after the other."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from agenttrace import __version__
from agenttrace.critical_path.summary import summarise
from agenttrace.model.vocabulary import Evidence, Purpose, SpanKind, Status
from agenttrace.report.cells import Outline, Quoted, Words
from agenttrace.report.html import assets
from agenttrace.report.html.charts import Chart
from agenttrace.report.html.drawn_sessions import Drawn
from agenttrace.report.html.escape import json_script, text, words
from agenttrace.report.html.glossary import glossary
from agenttrace.report.html.many import many_sessions
from agenttrace.report.html.one import Part, one_session
from agenttrace.report.html.palette import phase_table
from agenttrace.report.html.session_table import session_rows
from agenttrace.report.outline import outline

if TYPE_CHECKING:
    from agenttrace.critical_path.analysis import Analysis

DEFAULT_TOP = 20


def page(
    analysis: Analysis,
    drawn: Sequence[Drawn],
    *,
    top: int = DEFAULT_TOP,
    labels: Mapping[str, str] | None = None,
) -> str:
    """The whole file. `drawn` are the sessions that are embedded, slowest first; the analysis holds at least one."""
    report = outline(analysis, top=top, labels=labels)
    make = one_session if analysis.sessions.height == 1 else many_sessions
    parts = [*make(analysis, drawn, report.sections), Part("glossary", "Glossary", glossary())]
    rows = session_rows(analysis.sessions, {one.session for one in drawn})
    data = {"sessions-data": rows} if analysis.sessions.height > 1 else {}
    return put_together(_title(analysis), "where the time went", report, parts, drawn, data)


def put_together(
    title: str,
    about: str,
    report: Outline,
    parts: Sequence[Part],
    drawn: Sequence[Drawn],
    data: Mapping[str, object],
) -> str:
    """A page of these parts: of the outline its answer, its counts and its origin; `data` for the program, by id."""
    charts = [chart for part in parts for chart in part.charts]
    return assets.template("page").substitute(
        policy=_policy(),
        version=__version__,
        title=text(f"agenttrace: {title}"),
        about=text(about),
        style=assets.style(),
        answer=words(report.answer),
        counts=words(report.counts),
        origin="".join(f"<li>{''.join(map(_told, line))}</li>\n" for line in report.origin),
        contents="".join(
            f'<li><a href="#{part.key}">{text(part.title)}</a></li>\n' for part in parts if part.title
        ),
        body="".join(part.html for part in parts),
        footer=text(f"Written by agenttrace {__version__}. This file loads nothing and sends nothing."),
        data=_data(data, drawn, charts),
        program=assets.program(),
        plotly=assets.plotly() if charts else "",
    )


def _title(analysis: Analysis) -> str:
    from agenttrace.report.headline import plural  # noqa: PLC0415
    from agenttrace.units import format_duration  # noqa: PLC0415

    summary = summarise(analysis)
    if summary.sessions == 1:
        return format_duration(summary.total_ns)
    return plural(summary.sessions, "session")


def _told(cell: Words | Quoted) -> str:
    if isinstance(cell, Words):
        return f'<span class="{cell.tone}">{words(cell.text)}</span>'
    return f'<span class="quoted">{text(cell.text or "–")}</span>'


def _policy() -> str:
    """Nothing from outside, and of scripts only these: whatever a trace says cannot run."""
    scripts = " ".join(_hash(script) for script in (assets.program(), assets.plotly()))
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _data(data: Mapping[str, object], drawn: Sequence[Drawn], charts: Sequence[Chart]) -> str:
    report = {
        "phases": phase_table(),
        "kinds": [kind.value.replace("_", " ") for kind in SpanKind],
        "purposes": [purpose.value for purpose in Purpose],
        "evidence": [evidence.value for evidence in Evidence],
        "statuses": [status.value for status in Status],
    }
    scripts = [_script("report-data", json_script(report))]
    if charts:
        scripts.append(_script("charts-data", json_script({chart.key: chart.drawing for chart in charts})))
    scripts += [_script(key, json_script(value)) for key, value in data.items()]
    scripts += [
        f'<script type="application/json" class="session" data-session="{text(one.session)}">{one.data}</script>'
        for one in drawn
    ]
    return "\n".join(scripts)


def _script(key: str, data: str) -> str:
    return f'<script type="application/json" id="{key}">{data}</script>'
