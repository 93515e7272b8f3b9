"""The page of a trace, for programs: `agenttrace.to_html`."""

from __future__ import annotations

from collections.abc import Mapping

from agenttrace.critical_path.analysis import analyze
from agenttrace.errors import NoDataError
from agenttrace.model.trace import Trace
from agenttrace.report.html.drawn_sessions import drawn_sessions
from agenttrace.report.html.page import DEFAULT_TOP, page
from agenttrace.report.timeline.slowest import draw_slowest
from agenttrace.serving.parting import part_queue


def to_html(trace: Trace, *, top: int = DEFAULT_TOP, labels: Mapping[str, str] | None = None) -> str:
    """The report of all sessions of a trace as one HTML file; NoDataError where there is none with times."""
    analysis = analyze(trace)
    if not analysis.sessions.height:
        raise NoDataError("no session with timings")
    drawn = draw_slowest(part_queue(trace.timed()).trace, analysis)
    return page(analysis, drawn_sessions(drawn), top=top, labels=labels)
