"""The page of a trace, for programs: `agenttrace.to_html`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agenttrace.critical_path.analysis import analyze
from agenttrace.critical_path.what_if.spec import Spec
from agenttrace.errors import NoDataError
from agenttrace.model.trace import Trace
from agenttrace.report.html.drawn_sessions import drawn_sessions
from agenttrace.report.html.page import DEFAULT_TOP, page
from agenttrace.report.redaction import Redaction
from agenttrace.report.timeline.slowest import draw_slowest
from agenttrace.serving.parting import part_queue
from agenttrace.serving.service import Service


def to_html(
    trace: Trace,
    what_if: Sequence[str | Spec] = (),
    *,
    service: Service | None = None,
    top: int = DEFAULT_TOP,
    labels: Mapping[str, str] | None = None,
    redact: bool = False,
) -> str:
    """The report of all sessions of a trace as one HTML file; NoDataError where there is none with times.

    `what_if` and `service`: see `analyze`. `top`: rows of each list. `labels`: go with every session. `redact`: ids,
    paths and names are hashes.

    >>> import agenttrace
    >>> trace = agenttrace.read("sample_traces/claude-code/fan-out.jsonl")
    >>> agenttrace.to_html(trace).startswith("<!doctype html>")
    True
    """
    analysis = analyze(trace, what_if, service=service)
    if not analysis.sessions.height:
        raise NoDataError("no session with timings")
    drawn = draw_slowest(part_queue(trace.timed(), service).trace, analysis)
    if redact:
        redaction = Redaction(analysis)
        drawn = [redaction.timeline(timeline) for timeline in drawn]
        analysis = redaction.analysis(analysis)
    return page(analysis, drawn_sessions(drawn), top=top, labels=labels)
